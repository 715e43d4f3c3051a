// A command line run inside the test, its output kept: the same as the program, without starting a process.
import { main } from '../../src/cli/program.ts';

export interface Called {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function call(
  words: readonly string[],
  environment: Record<string, string> = {},
): Promise<Called> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(words, {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    environment,
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}
