// The UDP sockets towards one server. Each serves one question at a time; opening one costs as much as all the rest of a
// question, so under load they are used again, a few times and for a few seconds, chosen at random.
import type { Cancel } from '../base/clock.ts';
import type { ServerAddress, UpstreamDeps } from './deps.ts';
import type { RandomWords } from './random.ts';
import { type UdpListener, UdpSocket } from './udp-socket.ts';

/**
 * A socket is used again only where so many are idle: below that every question gets a new one, so whoever guesses has
 * as many ports to try as the system gives, and never less than this many that change every few questions.
 */
const LEAST_IDLE = 32;
const MOST_IDLE = 256;
const MOST_USES = 16;
const MOST_AGE_MS = 10_000;

/** A packet for the question that the socket was taken for at its `use`-th time. */
interface Sending {
  readonly socket: UdpSocket;
  readonly use: number;
  readonly packet: Uint8Array;
}

export class UdpSockets {
  readonly #server: ServerAddress;
  readonly #random: RandomWords;
  readonly #deps: UpstreamDeps;
  readonly #idle: UdpSocket[] = [];
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
    this.#nobody = { received: () => deps.counters.upstreamMismatches.inc(), broken: () => {} };
  }

  /** A socket for one question, to be given back; what it receives and that it broke is told to `listener`. */
  take(listener: UdpListener): UdpSocket {
    const socket = this.#reused() ?? new UdpSocket(this.#server, listener, this.#deps.clock.now());
    socket.handTo(listener);
    socket.uses += 1;
    return socket;
  }

  /**
   * Sends over a socket that was taken, at the end of this turn: one send after the other wakes whoever receives them once,
   * where a few microseconds between them cost a wake each. The bytes may not be changed afterwards.
   */
  send(socket: UdpSocket, packet: Uint8Array): void {
    if (this.#outbox.length === 0) setImmediate(this.#flush);
    this.#outbox.push({ socket, use: socket.uses, packet });
  }

  #sendAll(): void {
    const all = this.#outbox;
    this.#outbox = [];
    for (const { socket, use, packet } of all) {
      // Meanwhile an answer may have come to what was sent before, and the socket have gone to another question.
      if (socket.uses === use) socket.send(packet);
    }
  }

  #reused(): UdpSocket | undefined {
    const idle = this.#idle;
    while (idle.length >= LEAST_IDLE) {
      const place = this.#random.below(idle.length);
      const socket = idle[place];
      const last = idle.pop();
      if (socket === undefined || last === undefined) return undefined;
      if (place < idle.length) idle[place] = last;
      if (socket.isOpen && !this.#isOld(socket)) return socket;
      socket.close();
    }
    return undefined;
  }

  /** Takes back a socket whose question was `answered`: to one whose was not, an answer may still come. */
  giveBack(socket: UdpSocket, answered: boolean): void {
    const wanted =
      answered &&
      this.#isOpen &&
      this.#idle.length < MOST_IDLE &&
      socket.uses < MOST_USES &&
      !this.#isOld(socket);
    if (!wanted) {
      socket.close();
      return;
    }
    socket.handTo(this.#nobody);
    this.#idle.push(socket);
    this.#cancelSweep ??= this.#deps.clock.after(MOST_AGE_MS, () => this.#sweep());
  }

  /** Closes what has been idle for long. */
  #sweep(): void {
    this.#cancelSweep = undefined;
    const idle = this.#idle.splice(0);
    for (const socket of idle) {
      if (socket.isOpen && !this.#isOld(socket)) this.#idle.push(socket);
      else socket.close();
    }
    if (this.#idle.length > 0) this.#cancelSweep = this.#deps.clock.after(MOST_AGE_MS, () => this.#sweep());
  }

  #isOld(socket: UdpSocket): boolean {
    return this.#deps.clock.now() - socket.openedAt > MOST_AGE_MS;
  }

  close(): void {
    this.#isOpen = false;
    this.#cancelSweep?.();
    for (const socket of this.#idle.splice(0)) socket.close();
  }
}
