// A bar on a terminal for what people wait for, below the lines that are written meanwhile.
import { amountText, type Progress, percentOf, type ShowProgress, type Unit } from '../base/progress.ts';
import type { LogTarget } from './log.ts';

/** A terminal. */
export interface Screen {
  write(text: string): unknown;
  /** Characters of a line; absent or 0 where it does not say. */
  readonly columns?: number | undefined;
}

/** It is drawn again no sooner, in milliseconds. */
const AGAIN_MS = 100;
const CELLS = 16;
const USUAL_COLUMNS = 80;
/** To the beginning of the line, and what stands there away (ECMA-48 8.3.41, EL). */
const CLEAR = '\r\u001b[K';

/** The bar as text of at most `columns` characters: what, how much of it, how fast, how long it still takes. */
export function barText(
  what: string,
  unit: Unit,
  done: number,
  total: number | undefined,
  ms: number,
  columns: number,
): string {
  const rate = ms > 0 ? (done * 1000) / ms : 0;
  const isSlow = rate > 0 && rate < 1;
  const speed = isSlow ? `${amountText(rate * 60, unit)}/min` : `${amountText(rate, unit)}/s`;
  const percent = percentOf(done, total);
  if (percent === undefined || total === undefined)
    return `${what}: ${amountText(done, unit)}, ${speed}`.slice(0, columns);
  const full = Math.round((percent / 100) * CELLS);
  const left = rate > 0 ? `, ${Math.ceil((total - done) / rate)} s left` : '';
  const bar = `[${'#'.repeat(full)}${'.'.repeat(CELLS - full)}]`;
  return `${what} ${bar} ${percent} %, ${speed}${left}`.slice(0, columns);
}

/** Draws one bar at a time on a terminal. */
export class ProgressBar {
  readonly #screen: Screen;
  readonly #now: () => number;
  /** What stands on the terminal's last line; empty for nothing. */
  #drawn = '';

  constructor(screen: Screen, now: () => number = () => performance.now()) {
    this.#screen = screen;
    this.#now = now;
  }

  readonly show: ShowProgress = (what, unit): Progress => {
    const began = this.#now();
    let due = began;
    return {
      reached: (done, total) => {
        const now = this.#now();
        // What is done at one go needs no bar.
        if (now < due || (this.#drawn === '' && done === total)) return;
        due = now + AGAIN_MS;
        // One column is left free: at the last one terminals differ.
        const columns = (this.#screen.columns || USUAL_COLUMNS) - 1;
        this.#draw(barText(what, unit, done, total, now - began, columns));
      },
      end: () => this.#draw(''),
    };
  };

  #draw(text: string): void {
    if (text === this.#drawn) return;
    this.#screen.write(`${CLEAR}${text}`);
    this.#drawn = text;
  }

  /** Writes lines that end with a newline above the bar. */
  above(write: () => void): void {
    const drawn = this.#drawn;
    this.#draw('');
    write();
    this.#draw(drawn);
  }

  /** A target for the log that shares its terminal with the bar. */
  beside(target: LogTarget): LogTarget {
    return {
      isTerminal: target.isTerminal,
      write: (line) => this.above(() => void target.write(line)),
    };
  }
}
