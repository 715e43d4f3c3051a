// The UDP sockets towards one server. Each serves one question at a time; opening one costs as much as all the rest of a
// question, so under load they are used again, a few times and for a few seconds, chosen at random.
import type { Cancel } from '../base/clock.ts';
import type { ServerAddress, UpstreamDeps } from './deps.ts';
import type { RandomWords } from './random.ts';
import { openPortable } from './udp-portable.ts';
import type { OpenUdp, UdpListener, UdpSocket } from './udp-socket.ts';

/**
 * A socket is used again only where so many are idle: below that every question gets a new one, so whoever guesses has
 * as many ports to try as the system gives, and never less than this many that change every few questions.
 */
const LEAST_IDLE = 32;
const MOST_IDLE = 256;
const MOST_USES = 16;
const MOST_AGE_MS = 10_000;

/** A socket, and what it was used for. */
export interface Pooled {
  readonly socket: UdpSocket;
  readonly openedAt: number;
  /** How many questions it was used for. */
  uses: number;
}

/** A packet for the question that a socket was taken for at its `use`-th time. */
interface Sending {
  readonly pooled: Pooled;
  readonly use: number;
  readonly packet: Uint8Array;
}

export class UdpSockets {
  readonly #server: ServerAddress;
  readonly #random: RandomWords;
  readonly #deps: UpstreamDeps;
  readonly #open: OpenUdp;
  readonly #idle: Pooled[] = [];
  /** What comes when nothing was asked. */
  readonly #nobody: UdpListener;
  /** What is to be sent at the end of this turn of the event loop. */
  #outbox: Sending[] = [];
  readonly #flush = (): void => this.#sendAll();
  #cancelSweep: Cancel | undefined;
  #isOpen = true;

  constructor(server: ServerAddress, random: RandomWords, deps: UpstreamDeps) {
    this.#server = server;
    this.#random = random;
    this.#deps = deps;
    this.#open = deps.openUdp ?? openPortable;
    this.#nobody = { received: () => deps.counters.upstreamMismatches.inc(), broken: () => {} };
  }

  /** A socket for one question, to be given back; what it receives and that it broke is told to `listener`. */
  take(listener: UdpListener): Pooled {
    const pooled = this.#reused();
    if (pooled === undefined) {
      const openedAt = this.#deps.clock.now();
      return { socket: this.#open(this.#server, listener), openedAt, uses: 1 };
    }
    pooled.socket.handTo(listener);
    pooled.uses += 1;
    return pooled;
  }

  /**
   * Sends over a socket that was taken, at the end of this turn: one send after the other wakes whoever receives them once,
   * where a few microseconds between them cost a wake each. The bytes may not be changed afterwards.
   */
  send(pooled: Pooled, packet: Uint8Array): void {
    if (this.#outbox.length === 0) setImmediate(this.#flush);
    this.#outbox.push({ pooled, use: pooled.uses, packet });
  }

  #sendAll(): void {
    const all = this.#outbox;
    this.#outbox = [];
    for (const { pooled, use, packet } of all) {
      // Meanwhile an answer may have come to what was sent before, and the socket have gone to another question.
      if (pooled.uses === use) pooled.socket.send(packet);
    }
  }

  #reused(): Pooled | undefined {
    const idle = this.#idle;
    while (idle.length >= LEAST_IDLE) {
      const place = this.#random.below(idle.length);
      const pooled = idle[place];
      const last = idle.pop();
      if (pooled === undefined || last === undefined) return undefined;
      if (place < idle.length) idle[place] = last;
      if (pooled.socket.isOpen && !this.#isOld(pooled)) return pooled;
      pooled.socket.close();
    }
    return undefined;
  }

  /** Takes back a socket whose question was `answered`: to one whose was not, an answer may still come. */
  giveBack(pooled: Pooled, answered: boolean): void {
    const wanted =
      answered &&
      this.#isOpen &&
      this.#idle.length < MOST_IDLE &&
      pooled.uses < MOST_USES &&
      !this.#isOld(pooled);
    if (!wanted) {
      pooled.socket.close();
      return;
    }
    pooled.socket.handTo(this.#nobody);
    this.#idle.push(pooled);
    this.#cancelSweep ??= this.#deps.clock.after(MOST_AGE_MS, () => this.#sweep());
  }

  /** Closes what has been idle for long. */
  #sweep(): void {
    this.#cancelSweep = undefined;
    for (const pooled of this.#idle.splice(0)) {
      if (pooled.socket.isOpen && !this.#isOld(pooled)) this.#idle.push(pooled);
      else pooled.socket.close();
    }
    if (this.#idle.length > 0) this.#cancelSweep = this.#deps.clock.after(MOST_AGE_MS, () => this.#sweep());
  }

  #isOld({ openedAt }: Pooled): boolean {
    return this.#deps.clock.now() - openedAt > MOST_AGE_MS;
  }

  close(): void {
    this.#isOpen = false;
    this.#cancelSweep?.();
    for (const { socket } of this.#idle.splice(0)) socket.close();
  }
}
