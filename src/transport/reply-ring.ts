// The memory that UDP replies are written into: laid out once, and never reused while a reply is still queued.

/** The largest UDP reply, in bytes: what crosses the Internet without fragments (the DNS flag day of 2020). */
export const UDP_REPLY_SIZE = 1232;

/**
 * Slots in a circle. Sends are queued in order and leave in order, so that with `queued` sends waiting exactly the
 * last `queued` slots are taken. With nothing waiting, which is nearly always, slot 0 serves every reply: it stays
 * in the processor's cache, and the views of it that `send` is handed are made once for each length.
 */
export class ReplyRing {
  readonly #slots: readonly Uint8Array[];
  readonly #firstViews: (Uint8Array | undefined)[] = new Array(UDP_REPLY_SIZE + 1).fill(undefined);
  #current = 0;

  constructor(slots: number) {
    const memory = new Uint8Array(slots * UDP_REPLY_SIZE);
    this.#slots = Array.from({ length: slots }, (_, i) =>
      memory.subarray(i * UDP_REPLY_SIZE, (i + 1) * UDP_REPLY_SIZE),
    );
  }

  /** A free slot of UDP_REPLY_SIZE bytes, or undefined when all are waiting to be sent. */
  take(queued: number): Uint8Array | undefined {
    if (queued === 0) this.#current = 0;
    else if (queued >= this.#slots.length) return undefined;
    else this.#current = (this.#current + 1) % this.#slots.length;
    return this.#slots[this.#current];
  }

  /** The first `length` bytes of the slot that was taken last. */
  view(length: number): Uint8Array | undefined {
    // Allocates only while the system's send buffer is full.
    if (this.#current !== 0) return this.#slots[this.#current]?.subarray(0, length);
    const known = this.#firstViews[length];
    return known ?? this.#newView(length);
  }

  #newView(length: number): Uint8Array | undefined {
    const view = this.#slots[0]?.subarray(0, length);
    this.#firstViews[length] = view;
    return view;
  }
}
