// The built program as a process of its own: started, listened to, ended by its process id.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { Lines } from './lines.ts';

/** The top of the repository. */
export const ROOT = resolve(import.meta.dirname, '../..');
export const MAIN = join(ROOT, 'dist/cli/main.js');

export interface ProgramPlace {
  /** Where it runs; relative paths, the default registry among them, start here. */
  readonly cwd: string;
  /** Beside PATH and HOME; nothing else of ours is handed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Open descriptors that it gets as 3, 4 and so on. */
  readonly descriptors?: readonly number[];
}

export interface Ended {
  /** 0..255, or the name of the signal that ended it. */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** One line of its log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string };

function environment({ cwd, env = {} }: ProgramPlace): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: cwd, ...env };
}

/** Any program, its output kept as lines. */
export class Running {
  readonly out = new Lines();
  readonly err = new Lines();
  readonly #child: ChildProcess;
  readonly #end: Promise<unknown>;

  constructor(command: string, args: readonly string[], place: ProgramPlace) {
    const child = spawn(command, args, {
      cwd: place.cwd,
      env: environment(place),
      stdio: ['ignore', 'pipe', 'pipe', ...(place.descriptors ?? [])],
      // A process group of its own, so that `destroy` reaches what it has started itself, as npm does.
      detached: true,
    });
    child.stdout?.setEncoding('utf8').on('data', this.out.add);
    child.stderr?.setEncoding('utf8').on('data', this.err.add);
    this.#child = child;
    this.#end = once(child, 'close');
    this.#end.catch(() => {});
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('it was not started');
    return this.#child.pid;
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits for its end. */
  async end(): Promise<Ended> {
    await this.#end;
    const { exitCode, signalCode } = this.#child;
    return { code: exitCode ?? signalCode ?? -1, stdout: this.out.text, stderr: this.err.text };
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.signal(signal);
    return this.end();
  }

  /** Ends it and all that it started, at once. */
  async destroy(): Promise<void> {
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // Nothing of it is left.
    }
    await this.#end;
  }

  /** The first line of standard output that matches. */
  async line(pattern: RegExp): Promise<string> {
    const line = await this.out.find(
      (text) => pattern.test(text),
      () => this.ended,
    );
    if (line === undefined) throw new Error(`no ${pattern} in:\n${this.out.text}\n${this.err.text}`);
    return line;
  }

  /** What it has logged, as far as it is JSON. */
  get log(): LogLine[] {
    return this.err.all.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine);
  }

  /** The first line that it logs with a message like this, from line `from` of standard error on. */
  async logged(message: RegExp, from = 0): Promise<LogLine> {
    const line = await this.err.find(
      (text) => message.test(messageIn(text)),
      () => this.ended,
      from,
    );
    if (line === undefined) throw new Error(`not logged: ${message} in:\n${this.err.text}`);
    return JSON.parse(line) as LogLine;
  }
}

/** The message of a log line; empty for other lines. */
function messageIn(line: string): string {
  return line.startsWith('{') ? (JSON.parse(line) as LogLine).msg : '';
}

/** Starts `fingerpost ARGS`. */
export function startProgram(args: readonly string[], place: ProgramPlace): Running {
  return new Running(process.execPath, [MAIN, ...args], place);
}

/** Runs `fingerpost ARGS` to its end. */
export function runProgram(args: readonly string[], place: ProgramPlace): Promise<Ended> {
  return startProgram(args, place).end();
}
