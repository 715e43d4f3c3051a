// Real sockets for the transport tests: counters that can be read, responders that can be recognised, clients.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { realClock } from '../../src/base/clock.ts';
import { type Counters, noCounters } from '../../src/base/counters.ts';
import { silent } from '../../src/base/log.ts';
import type { Respond } from '../../src/query/responder.ts';
import type { Address, TransportDeps } from '../../src/transport/deps.ts';
import { Frames } from '../../src/wire/tcp-frames.ts';

export const LOOPBACK: Address = { host: '127.0.0.1', port: 0 };

type Name = keyof Counters;

/** Deps whose counters and gauges can be read by name. */
export function countingDeps(): { deps: TransportDeps; count: (name: Name) => number } {
  const values = new Map<Name, number>();
  const names = Object.keys(noCounters) as Name[];
  const counter = (name: Name) => ({
    inc: (by = 1) => values.set(name, (values.get(name) ?? 0) + by),
    set: (value: number) => values.set(name, value),
  });
  const counters = Object.fromEntries(names.map((name) => [name, counter(name)])) as unknown as Counters;
  return { deps: { counters, clock: realClock, log: silent }, count: (name) => values.get(name) ?? 0 };
}

/** Replies with the request itself; none to an empty request or to one that begins with 'no'. */
export const echo: Respond = (request, _asker, reply) => {
  if (request.length === 0 || (request[0] === 0x6e && request[1] === 0x6f)) return 0;
  reply.set(request.subarray(0, reply.length));
  return Math.min(request.length, reply.length);
};

/** Replies with `length` bytes, of which the first is the request's first. */
export function replyOf(length: number): Respond {
  return (request, _asker, reply) => {
    reply.fill(0x78, 0, length);
    reply[0] = request[0] ?? 0;
    return length;
  };
}

/** A message with its two-byte length in front. */
export function framed(text: string | Uint8Array): Buffer {
  const body = Buffer.from(text as string);
  const prefix = Buffer.alloc(2);
  prefix.writeUInt16BE(body.length);
  return Buffer.concat([prefix, body]);
}

/** Sends one datagram; the reply, or undefined when none came within `waitMs`. */
export async function askUdp(to: Address, text: string, waitMs = 5_000): Promise<string | undefined> {
  const socket = createSocket(to.host.includes(':') ? 'udp6' : 'udp4');
  try {
    const reply = once(socket, 'message', { signal: AbortSignal.timeout(waitMs) });
    socket.send(text, to.port, to.host);
    return String((await reply)[0]);
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return undefined;
    throw error;
  } finally {
    socket.close();
  }
}

/** A TCP client that collects the messages it receives. */
export class TcpClient {
  readonly socket: Socket;
  readonly messages: string[] = [];
  readonly lengths: number[] = [];
  /** Resolves when the server has closed or reset the connection. */
  readonly closed: Promise<void>;
  readonly #frames = new Frames();

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => {});
    socket.on('data', (chunk) => this.#collect(chunk));
  }

  static async open(to: Address): Promise<TcpClient> {
    const socket = connect({ host: to.host, port: to.port, allowHalfOpen: false, noDelay: true });
    const client = new TcpClient(socket);
    await once(socket, 'connect');
    return client;
  }

  #collect(chunk: Buffer): void {
    this.#frames.push(chunk);
    for (let m = this.#frames.next(); m !== undefined; m = this.#frames.next()) {
      this.lengths.push(m.length);
      this.messages.push(m.length > 1000 ? String(m.subarray(0, 1)) : String(m));
    }
  }
}

/** Waits until `condition` holds, for at most ten seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await pause(5);
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** True when `promise` settles within `ms`. */
export async function within(ms: number, promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => true), pause(ms).then(() => false)]);
}
