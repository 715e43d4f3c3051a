// The real program as a process of its own, for tests: run to its end, or until it says something.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** Only what is given here: options of the tests' own environment would be options of the program. */
function start(words: readonly string[], environment: Record<string, string>, cwd: string): ChildProcess {
  const env = { PATH: process.env.PATH ?? '', ...environment };
  return spawn(process.execPath, [MAIN, ...words], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A program that is running. */
export class Running {
  out = '';
  err = '';
  readonly #child: ChildProcess;
  readonly ended: Promise<Ended>;

  constructor(words: readonly string[], environment: Record<string, string>, cwd: string) {
    this.#child = start(words, environment, cwd);
    this.#child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.out += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.err += text;
    });
    this.ended = once(this.#child, 'close').then(([code]) => ({ code, out: this.out, err: this.err }));
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves to the first match in what it has printed so far or will print; rejects if it ends without. */
  async says(pattern: RegExp, where: 'out' | 'err' = 'out'): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this[where]);
      if (match !== null) return match;
      const stream = where === 'out' ? this.#child.stdout : this.#child.stderr;
      const over = this.ended.then(() => 'over');
      if ((await Promise.race([once(stream ?? this.#child, 'data'), over])) !== 'over') continue;
      if (pattern.exec(this[where]) === null)
        throw new Error(`ended without ${pattern}:\n${this.out}${this.err}`);
    }
  }
}

/** Runs to the end. */
export function run(
  words: readonly string[],
  environment: Record<string, string>,
  cwd: string,
): Promise<Ended> {
  return new Running(words, environment, cwd).ended;
}
