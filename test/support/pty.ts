// A program in a terminal: keys in, and what stands on its screen, as an emulator of our own reads it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Generous: the machine may be busy. */
const WAIT_MS = 30_000;

const ESC = '\x1b';
const UNFINISHED = new RegExp(`${ESC}(\\[\\??[0-9;]*)?$`);

/** What stands on a screen. Knows just the sequences that the program has a reason to send, and throws at any other. */
export class Screen {
  readonly #pieces = new RegExp(`${ESC}\\[(\\??)([0-9;]*)([A-Za-z])|(\\P{Cc})|\\p{Cc}`, 'gu');
  #rows: string[][] = [];
  #at: [row: number, column: number] = [0, 0];
  /** The alternate screen is shown. */
  isAlternate = false;
  isCursorHidden = false;
  /** How many there are: without wrapping the cursor stays on the last one. */
  #columns = Number.POSITIVE_INFINITY;
  /** Columns of the longest line ever drawn since the last time that this was set. */
  widest = 0;
  #rest = '';

  write(text: string): void {
    const all = this.#rest + text;
    // A sequence may come in pieces.
    const cut = UNFINISHED.exec(all)?.index ?? all.length;
    this.#rest = all.slice(cut);
    for (const [piece, mark, parameters = '', final, plain] of all.slice(0, cut).matchAll(this.#pieces)) {
      if (plain !== undefined) this.#put(plain);
      else if (final !== undefined) this.#sequence(`${mark}${final}`, parameters);
      else if (this.isAlternate) throw new Error(`${JSON.stringify(piece)} on the screen`);
    }
  }

  /** What stands beyond is gone. */
  resize(columns: number): void {
    this.#columns = columns;
    for (const row of this.#rows) row?.splice(columns);
  }

  #put(char: string): void {
    const [row, column] = this.#at;
    this.#rows[row] ??= [];
    this.#rows[row][Math.min(column, this.#columns - 1)] = char;
    this.#at = [row, column + 1];
    this.widest = Math.max(this.widest, column + 1);
  }

  #sequence(what: string, parameters: string): void {
    const numbers = parameters.split(';').map(Number);
    if (what === 'H') this.#at = [numbers[0]! - 1, numbers[1]! - 1];
    else if (what === 'K') this.#rows[this.#at[0]]?.splice(Math.min(this.#at[1], this.#columns - 1));
    else if (what === '?h' || what === '?l') this.#mode(numbers[0]!, what === '?h');
    else if (what !== 'm') throw new Error(`sequence ${parameters}${what}`);
  }

  #mode(mode: number, isSet: boolean): void {
    if (mode === 1049) {
      this.isAlternate = isSet;
      this.#rows = [];
    } else if (mode === 25) {
      this.isCursorHidden = !isSet;
    } else if (mode !== 7) {
      throw new Error(`mode ${mode}`);
    }
  }

  get lines(): string[] {
    return Array.from(this.#rows, (row) =>
      Array.from(row ?? [], (char) => char ?? ' ')
        .join('')
        .trimEnd(),
    );
  }

  get text(): string {
    return this.lines.join('\n');
  }
}

export interface PtyEnded {
  /** The exit code, or the signal's number, negative. */
  readonly code: number;
  /** The terminal is set as it was before. */
  readonly isRestored: boolean;
}

export class Pty {
  readonly screen = new Screen();
  readonly #child: ChildProcess;
  #problem: unknown;
  #error = '';
  readonly #closed: Promise<unknown>;

  constructor(command: readonly string[], rows: number, columns: number, cwd: string) {
    this.screen.resize(columns);
    const script = join(import.meta.dirname, 'pty.py');
    const child = spawn('/usr/bin/python3', [script, String(rows), String(columns), ...command], {
      cwd,
      env: { PATH: process.env.PATH, HOME: cwd, TERM: 'xterm' },
      stdio: 'pipe',
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      try {
        this.screen.write(text);
      } catch (error) {
        this.#problem ??= error;
      }
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#error += text;
    });
    this.#child = child;
    this.#closed = once(child, 'close');
  }

  #order(order: object): void {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  press(keys: string): void {
    this.#order({ keys });
  }

  resize(rows: number, columns: number): void {
    this.screen.resize(columns);
    this.#order({ size: [rows, columns] });
  }

  signal(number: number): void {
    this.#order({ signal: number });
  }

  /** Waits until the screen is as it should be. */
  async until(condition: (screen: Screen) => boolean, what: string): Promise<void> {
    const end = Date.now() + WAIT_MS;
    while (!condition(this.screen)) {
      if (this.#problem !== undefined) throw this.#problem;
      if (Date.now() > end)
        throw new Error(`waited in vain until ${what}:\n${this.screen.text}\n${this.#error}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (this.#problem !== undefined) throw this.#problem;
  }

  async ended(): Promise<PtyEnded> {
    await this.#closed;
    if (this.#problem !== undefined) throw this.#problem;
    return JSON.parse(this.#error.trim().split('\n').at(-1)!) as PtyEnded;
  }

  /** Ends it at once. */
  async destroy(): Promise<void> {
    this.#child.stdin?.end();
    await this.#closed;
  }
}
