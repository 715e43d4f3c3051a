// A terminal taken over whole: the alternate screen, keys one by one, and all as it was before when it ends, however it ends.
import type { ReadStream, WriteStream } from 'node:tty';
import type { Line } from './top-screen.ts';

const ESC = '\x1b';
const ESCAPE = `${ESC}[`;
/** The alternate screen, without a cursor and without wrapping (xterm, ECMA-48). */
const ENTER = `${ESCAPE}?1049h${ESCAPE}?25l${ESCAPE}?7l`;
const LEAVE = `${ESCAPE}?7h${ESCAPE}?25h${ESCAPE}?1049l`;
const STYLES = { bold: '1', reverse: '7', alarm: '1;31' } as const;

export type Key =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'pageUp'
  | 'pageDown'
  | 'home'
  | 'end'
  | 'interrupt'
  | 'suspend'
  | string;

/** Final bytes of what terminals send for keys, in both of their modes (ECMA-48, DEC). */
const SEQUENCES: Readonly<Record<string, Key>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  '5~': 'pageUp',
  '6~': 'pageDown',
  '1~': 'home',
  '4~': 'end',
};
const CONTROLS: Readonly<Record<string, Key>> = {
  '\x03': 'interrupt',
  '\x1c': 'interrupt',
  '\x1a': 'suspend',
};

/** ESC [ parameters final; ESC O final; ESC alone; anything else. */
const KEYS = new RegExp(`${ESC}\\[([0-9;]*[A-Za-z~])|${ESC}O([A-Z])|${ESC}|([^${ESC}])`, 'gu');

/** The keys in what a terminal has sent; sequences that mean nothing here are passed over whole. */
export function keysIn(text: string): Key[] {
  return [...text.matchAll(KEYS)].flatMap(([, sequence, function_, plain]) => {
    if (plain !== undefined) return [CONTROLS[plain] ?? plain];
    const key = SEQUENCES[sequence ?? function_ ?? ''];
    return key === undefined ? [] : [key];
  });
}

export interface ScreenEvents {
  readonly key: (key: Key) => void;
  /** The size is another one, or the screen has been somebody else's: it has to be drawn. */
  readonly draw: () => void;
}

const FATAL: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'];

export class FullScreen {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #events: ScreenEvents;
  readonly #wasRaw: boolean;
  #isOn = false;
  readonly #onData = (data: Buffer): void => {
    for (const key of keysIn(data.toString('latin1'))) this.#pressed(key);
  };
  readonly #onResize = (): void => this.#events.draw();
  readonly #onFatal = (signal: NodeJS.Signals): void => {
    this.close();
    // Without a handler it ends us, as whoever waits for us expects.
    process.kill(process.pid, signal);
  };
  readonly #onStop = (): void => this.#suspend();
  readonly #onContinue = (): void => {
    this.#enter();
    this.#events.draw();
  };
  readonly #onExit = (): void => this.#leave();

  constructor(input: ReadStream, output: WriteStream, events: ScreenEvents) {
    this.#input = input;
    this.#output = output;
    this.#events = events;
    this.#wasRaw = input.isRaw;
    for (const signal of FATAL) process.on(signal, this.#onFatal);
    process.on('SIGTSTP', this.#onStop);
    process.on('SIGCONT', this.#onContinue);
    process.on('exit', this.#onExit);
    output.on('resize', this.#onResize);
    input.on('data', this.#onData);
    this.#enter();
    input.resume();
  }

  get width(): number {
    return this.#output.columns;
  }

  get height(): number {
    return this.#output.rows;
  }

  #enter(): void {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#input.setRawMode(true);
    this.#output.write(ENTER);
  }

  #leave(): void {
    if (!this.#isOn) return;
    this.#isOn = false;
    this.#output.write(LEAVE);
    this.#input.setRawMode(this.#wasRaw);
  }

  #pressed(key: Key): void {
    if (key === 'suspend') this.#suspend();
    else if (this.#isOn) this.#events.key(key);
  }

  /** Gives the terminal back until we are continued. */
  #suspend(): void {
    this.#leave();
    // Not SIGTSTP, which we handle; shells do not tell them apart.
    process.kill(process.pid, 'SIGSTOP');
  }

  /** Draws all lines, over what is there. */
  draw(lines: readonly Line[]): void {
    if (!this.#isOn) return;
    const rows = lines.map(({ text, style }, row) => {
      const styled = style === undefined ? text : `${ESCAPE}${STYLES[style]}m${text}${ESCAPE}0m`;
      // Behind a line that fills the width the cursor stays on its last character, which would be erased.
      const rest = text.length < this.width ? `${ESCAPE}K` : '';
      return `${ESCAPE}${row + 1};1H${styled}${rest}`;
    });
    this.#output.write(rows.join(''));
  }

  /** Gives the terminal back as it was. */
  close(): void {
    this.#leave();
    for (const signal of FATAL) process.off(signal, this.#onFatal);
    process.off('SIGTSTP', this.#onStop);
    process.off('SIGCONT', this.#onContinue);
    process.off('exit', this.#onExit);
    this.#output.off('resize', this.#onResize);
    this.#input.off('data', this.#onData);
    this.#input.pause();
  }
}
