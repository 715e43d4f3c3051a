// The live view of `fingerpost top`: asks again and again, draws, and does what keys say.
import type { ReadStream, WriteStream } from 'node:tty';
import type { TopReport } from '../api/top-schema.ts';
import { messageOf } from '../base/errors.ts';
import { FullScreen, type Key } from './full-screen.ts';
import { figuresOf } from './top-figures.ts';
import { listHeight, screenLines, type TopState, type TopView } from './top-screen.ts';

export interface TopLiveParts {
  readonly url: string;
  /** Between two questions, in milliseconds. */
  readonly everyMs: number;
  readonly ask: () => Promise<TopReport>;
  readonly first: TopReport;
}

export class TopLive {
  readonly #parts: TopLiveParts;
  readonly #screen: FullScreen;
  readonly #ended = Promise.withResolvers<void>();
  #view: TopView = { list: 'names', order: 'rate', from: 0, isPaused: false };
  #state: TopState;
  #timer: NodeJS.Timeout | undefined;

  constructor(input: ReadStream, output: WriteStream, parts: TopLiveParts) {
    this.#parts = parts;
    const { first: report, url } = parts;
    this.#state = { url, report, figures: figuresOf(undefined, report), problem: undefined };
    this.#screen = new FullScreen(input, output, {
      key: (key) => this.#pressed(key),
      draw: () => this.#draw(),
    });
    this.#draw();
    this.#later();
  }

  /** Resolves when it has been quit, and the terminal is as it was. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  #later(): void {
    this.#timer = setTimeout(() => void this.#ask(), this.#parts.everyMs);
  }

  async #ask(): Promise<void> {
    const { ask } = this.#parts;
    const { report: before } = this.#state;
    try {
      const report = await ask();
      // While it is paused the server is asked on, so that rates go on where they were.
      if (!this.#view.isPaused)
        this.#state = { ...this.#state, report, figures: figuresOf(before, report), problem: undefined };
    } catch (error) {
      this.#state = { ...this.#state, problem: messageOf(error) };
    }
    if (this.#timer === undefined) return;
    this.#draw();
    this.#later();
  }

  #draw(): void {
    const { width, height } = this.#screen;
    this.#screen.draw(screenLines(this.#state, this.#view, width, height));
  }

  #pressed(key: Key): void {
    if (key === 'q' || key === 'Q' || key === 'interrupt') {
      this.#quit();
      return;
    }
    this.#view = { ...this.#view, ...this.#changed(key) };
    this.#draw();
  }

  #changed(key: Key): Partial<TopView> {
    const { list, order, isPaused } = this.#view;
    switch (key) {
      case 'p':
      case ' ':
        return { isPaused: !isPaused };
      case 's':
        return { order: order === 'rate' ? 'name' : 'rate', from: 0 };
      case 'left':
      case 'right':
      case '\t':
        return { list: list === 'names' ? 'clients' : 'names', from: 0 };
      default:
        return { from: this.#scrolled(key) };
    }
  }

  /** The first row after a key that scrolls; the same one after any other. */
  #scrolled(key: Key): number {
    const { from, list } = this.#view;
    const page = Math.max(1, listHeight(this.#state, this.#view, this.#screen.height));
    const last = Math.max(0, this.#state.report[list].length - page);
    const steps: Readonly<Record<string, number>> = {
      up: -1,
      down: 1,
      pageUp: -page,
      pageDown: page,
      home: -from,
      end: last - from,
    };
    return Math.min(last, Math.max(0, from + (steps[key] ?? 0)));
  }

  #quit(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#screen.close();
    this.#ended.resolve();
  }
}
