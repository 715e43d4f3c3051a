// A program that a measurement started: its lines, its end.
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { isStopped } from './proc.ts';

const LINE_MS = 120_000;
const STOP_MS = 5_000;
const KEPT = 200_000;

export class Running {
  readonly pid: number;
  /** The last of what it printed to stderr. */
  stderr = '';
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #lines: string[] = [];
  #wake: () => void = () => {};
  #ended = false;

  constructor(child: ChildProcess, name: string) {
    if (child.pid === undefined) throw new Error(`cannot start ${name}`);
    this.pid = child.pid;
    this.#child = child;
    this.#name = name;
    child.stderr?.on('data', (text) => {
      this.stderr = `${this.stderr}${text}`.slice(-KEPT);
    });
    child.once('exit', () => this.#end());
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#lines.push(line);
      this.#wake();
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Sends it a line. */
  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** The next line of its stdout in which `pattern` is found; lines before it are passed over. */
  async line(pattern: RegExp, withinMs = LINE_MS): Promise<string> {
    const end = Date.now() + withinMs;
    for (;;) {
      for (let line = this.#lines.shift(); line !== undefined; line = this.#lines.shift()) {
        if (pattern.test(line)) return line;
      }
      if (this.#ended) throw new Error(`${this.#name} ended:\n${this.stderr}`);
      if (Date.now() > end) throw new Error(`${this.#name} did not print ${pattern}:\n${this.stderr}`);
      await this.#more(end - Date.now());
    }
  }

  /** It stands still, its ports open, until it is to go on; resolves when it does. */
  async pause(): Promise<void> {
    this.#child.kill('SIGSTOP');
    while (!isStopped(this.pid)) await delay(1);
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  /** Resolves when it has ended by itself. */
  async end(): Promise<void> {
    if (!this.#ended) await new Promise<void>((resolve) => this.#child.once('close', () => resolve()));
  }

  /** SIGTERM, and SIGKILL when that does not end it. */
  async stop(): Promise<void> {
    if (this.#ended) return;
    this.#child.kill('SIGTERM');
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await this.end();
    clearTimeout(kill);
  }

  #more(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #end(): void {
    // What it printed last may still be in the pipe.
    setImmediate(() => {
      this.#ended = true;
      this.#wake();
    });
  }
}
