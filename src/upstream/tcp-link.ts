// The TCP connection to one server: opened when it is needed, shared by all questions, closed when idle (RFC 7766 6.2).
import { connect, type Socket } from 'node:net';
import type { Cancel } from '../base/clock.ts';
import { putU16, u16 } from '../wire/bytes.ts';
import { Frames, frameOf } from '../wire/tcp-frames.ts';
import type { ServerAddress, UpstreamDeps } from './deps.ts';
import type { RandomWords } from './random.ts';

/** Who waits for the reply to one question. One of these is called, once, unless the question is taken back before. */
export interface TcpListener {
  /** A message with the id of the question. */
  received(message: Uint8Array, id: number): void;
  broken(reason: string): void;
}

interface Pending {
  readonly packet: Uint8Array;
  readonly listener: TcpListener;
  readonly askedAt: number;
  id: number;
  /** It was asked over a connection that ended; it is not asked a third time. */
  again: boolean;
}

interface Connection {
  readonly socket: Socket;
  readonly frames: Frames;
  isOpen: boolean;
  /** When something last came over it, or when it was begun. */
  heard: number;
  /** Messages that answered nothing. */
  strays: number;
}

const IDLE_MS = 10_000;
/** More would leave too few ids to choose from. */
const MOST_PENDING = 20_000;
/** Answers to questions that were taken back are no harm; a server that sends ever more is left. */
const MOST_STRAYS = 1000;

export class TcpLink {
  readonly #server: ServerAddress;
  readonly #random: RandomWords;
  readonly #deps: UpstreamDeps;
  readonly #pending = new Map<number, Pending>();
  #connection: Connection | undefined;
  #cancelIdle: Cancel = () => {};

  constructor(server: ServerAddress, random: RandomWords, deps: UpstreamDeps) {
    this.#server = server;
    this.#random = random;
    this.#deps = deps;
  }

  /** Asks; `packet` gets its id here. What it returns takes the question back. */
  ask(packet: Uint8Array, listener: TcpListener): Cancel {
    const pending = { packet, listener, askedAt: this.#deps.clock.now(), id: -1, again: false };
    this.#send(pending);
    return () => this.#takeBack(pending);
  }

  #send(pending: Pending): void {
    if (this.#pending.size >= MOST_PENDING) {
      pending.listener.broken('too many questions over TCP');
      return;
    }
    this.#cancelIdle();
    do pending.id = this.#random.u16();
    while (this.#pending.has(pending.id));
    this.#pending.set(pending.id, pending);
    putU16(pending.packet, 0, pending.id);
    this.#connection ??= this.#connect();
    this.#connection.socket.write(frameOf(pending.packet));
    this.#deps.counters.upstreamQueriesTcp.inc();
  }

  #connect(): Connection {
    const { host, port } = this.#server;
    const socket = connect({ host, port, noDelay: true });
    const heard = this.#deps.clock.now();
    const connection = { socket, frames: new Frames(), isOpen: false, heard, strays: 0 };
    let reason = 'the connection was closed';
    socket.on('connect', () => {
      connection.isOpen = true;
    });
    socket.on('data', (chunk) => this.#read(connection, chunk));
    // Without an end of its own the server has nothing more to say.
    socket.on('end', () => this.#leave(connection, reason));
    socket.on('error', (error) => {
      reason = 'code' in error ? String(error.code) : error.message;
    });
    socket.on('close', () => this.#leave(connection, reason));
    return connection;
  }

  #read(connection: Connection, chunk: Buffer): void {
    connection.heard = this.#deps.clock.now();
    connection.frames.push(chunk);
    // A listener may close the link.
    while (connection === this.#connection) {
      const message = connection.frames.next();
      if (message === undefined) break;
      this.#receive(connection, message);
    }
    this.#restIfIdle();
  }

  #receive(connection: Connection, message: Buffer): void {
    const id = message.length < 2 ? -1 : u16(message, 0);
    const pending = this.#pending.get(id);
    if (pending !== undefined) {
      this.#pending.delete(id);
      pending.listener.received(message, id);
      return;
    }
    connection.strays += 1;
    if (connection.strays > MOST_STRAYS) this.#leave(connection, 'it sends what was not asked for');
  }

  #takeBack(pending: Pending): void {
    if (this.#pending.get(pending.id) !== pending) return;
    this.#pending.delete(pending.id);
    const connection = this.#connection;
    // Nothing at all since it was asked: the connection is dead, though nobody has said so.
    if (connection !== undefined && connection.heard <= pending.askedAt) {
      this.#leave(connection, 'it does not answer over TCP');
    }
    this.#restIfIdle();
  }

  /** Lets a connection go, and asks what was pending over a new one, once, if this one has ever been open. */
  #leave(connection: Connection, reason: string): void {
    connection.socket.destroy();
    if (connection !== this.#connection) return;
    this.#connection = undefined;
    this.#cancelIdle();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const one of pending) {
      if (one.again || !connection.isOpen) {
        one.listener.broken(reason);
      } else {
        one.again = true;
        this.#send(one);
      }
    }
  }

  #restIfIdle(): void {
    const connection = this.#connection;
    if (this.#pending.size > 0 || connection === undefined) return;
    this.#cancelIdle();
    this.#cancelIdle = this.#deps.clock.after(IDLE_MS, () => this.#leave(connection, 'idle'));
  }

  /** Ends the connection; those who wait hear nothing. */
  close(): void {
    this.#pending.clear();
    this.#cancelIdle();
    this.#connection?.socket.destroy();
    this.#connection = undefined;
  }
}
