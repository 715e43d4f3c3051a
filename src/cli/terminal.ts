// What a command talks to: lines out, lines of complaint, the environment. And text made safe to show.
import { visible } from '../base/unseen.ts';

export interface Terminal {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The process's own. A reader that goes away (`fingerpost ls | head`) ends neither a listing nor a server. */
export function processTerminal(): Terminal {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    environment: process.env,
  };
}

/** Visible text of at most `width` characters. */
export function shortened(text: string, width: number): string {
  const shown = visible(text);
  return shown.length > width ? `${shown.slice(0, width - 1)}…` : shown;
}
