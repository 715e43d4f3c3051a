// Text that arrives in pieces, as lines that can be waited for.
import { setTimeout as delay } from 'node:timers/promises';

/** Generous: the machine may be busy with other things. */
const WAIT_MS = 60_000;

export class Lines {
  readonly #lines: string[] = [];
  #rest = '';

  /** Takes the next piece. */
  readonly add = (piece: string): void => {
    const lines = `${this.#rest}${piece}`.split('\n');
    this.#rest = lines.pop() ?? '';
    this.#lines.push(...lines);
  };

  /** The whole lines so far. */
  get all(): readonly string[] {
    return this.#lines;
  }

  get text(): string {
    return [...this.#lines, this.#rest].join('\n');
  }

  /**
   * The first line, from line `from` on, that is what is wanted; waits for it. Undefined when none comes in time, or
   * when `ended` says that none will.
   */
  async find(
    wanted: (line: string) => boolean,
    ended: () => boolean = () => false,
    from = 0,
  ): Promise<string | undefined> {
    const end = Date.now() + WAIT_MS;
    for (let next = from; ; await delay(10)) {
      const last = ended() || Date.now() > end;
      for (; next < this.#lines.length; next++) {
        const line = this.#lines[next] ?? '';
        if (wanted(line)) return line;
      }
      if (last) return undefined;
    }
  }
}
