// Replies that come later, to be sent over one worker's socket: those of one turn of the event loop go out together.
import type { Counter } from '../../base/counters.ts';
import { BATCH, Packets, REPLY_SIZE, REQUEST_SIZE } from './packets.ts';
import { Trains } from './trains.ts';

export class LateOutbox {
  readonly #fd: number;
  readonly #packetInfo: boolean;
  /** Counts replies that could not be sent. */
  readonly #dropped: Counter;
  readonly #replies = new Packets(BATCH, REPLY_SIZE);
  readonly #trains = new Trains(this.#replies, BATCH);
  /** Whom a reply is for, as if it had just been received. */
  readonly #from = new Packets(1, REQUEST_SIZE);
  #count = 0;

  constructor(fd: number, packetInfo: boolean, dropped: Counter) {
    this.#fd = fd;
    this.#packetInfo = packetInfo;
    this.#dropped = dropped;
  }

  /** Takes a reply of at most REPLY_SIZE bytes to whoever is told by `head`, which `Packets.copyOut` wrote. */
  add(reply: Uint8Array, head: Int32Array): void {
    const slot = this.#count++;
    this.#from.copyIn(0, head, 0);
    this.#replies.view(slot).set(reply);
    this.#replies.setLength(slot, reply.length);
    this.#replies.addressTo(slot, this.#from, 0, this.#packetInfo);
    if (this.#count === BATCH) this.flush();
    else if (this.#count === 1) setImmediate(() => this.flush());
  }

  /** Sends what is there. The main thread never waits for a full send buffer. */
  flush(): void {
    const count = this.#count;
    this.#count = 0;
    if (count === 0) return;
    const failed = this.#trains.send(this.#fd, count, false);
    if (failed > 0) this.#dropped.inc(failed);
  }
}
