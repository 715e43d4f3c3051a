// Replies that come later than the answering of their question: each is sent once at most, and closing waits for them.
import type { SendLate } from '../query/responder.ts';

/** The replies that are still to come to one socket or connection. */
export class LateReplies {
  /** How many are still to come. */
  count = 0;
  /** Called when one has come. */
  readonly #onReply: () => void;
  /** Those who wait for the count to be 0. */
  readonly #waiting = new Set<() => void>();
  /** Takes back what was promised for the question that is being answered. */
  #takeBack: (() => boolean) | undefined;

  constructor(onReply: () => void = () => {}) {
    this.#onReply = onReply;
  }

  /** Promises a reply; `send` is called with it, unless it is empty. */
  promise(send: SendLate): SendLate {
    let isOpen = true;
    this.count++;
    const close = (): boolean => {
      if (!isOpen) return false;
      isOpen = false;
      this.count--;
      return true;
    };
    this.#takeBack = close;
    return (reply, request, query) => {
      if (!close()) return;
      if (reply.length > 0) send(reply, request, query);
      this.#replied();
    };
  }

  /** A question has been answered: what was promised for it holds only if its reply `isLater`. */
  answered(isLater: boolean): void {
    if (!isLater) this.#takeBack?.();
    this.#takeBack = undefined;
  }

  #replied(): void {
    this.#onReply();
    if (this.count === 0) for (const wake of this.#waiting) wake();
  }

  /** Resolves when all have come, after `ms` milliseconds even if some have not. */
  async settled(ms: number): Promise<void> {
    if (this.count === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    const timer = setTimeout(resolve, Math.max(0, ms));
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(resolve);
  }
}
