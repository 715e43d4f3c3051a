// DNS packets as bytes, good and bad ones, over UDP and TCP, without any DNS library between us and the server.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, isIPv6, type Socket } from 'node:net';
import type { Address } from './server.ts';

export const TYPE = { A: 1, TXT: 16, SRV: 33 } as const;

export interface QueryParts {
  readonly id?: number;
  /** The second and third pair of header bytes are flags and QDCOUNT. */
  readonly flags?: number;
  readonly questions?: readonly Uint8Array[];
}

/** Labels as they go on the wire, whatever their lengths. */
export function wireName(labels: readonly string[]): Buffer {
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label, 'latin1')])),
    Buffer.of(0),
  ]);
}

/** A question of class IN. */
export function question(name: string | Uint8Array, type: number = TYPE.A): Buffer {
  const bytes = typeof name === 'string' ? wireName(name.split('.')) : name;
  return Buffer.concat([bytes, Buffer.of(type >> 8, type & 255, 0, 1)]);
}

export function query({ id = 0x1234, flags = 0x0100, questions = [] }: QueryParts): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(flags, 2);
  header.writeUInt16BE(questions.length, 4);
  return Buffer.concat([header, ...questions]);
}

export function rcodeOf(reply: Uint8Array): number {
  return reply[3]! & 15;
}

export function idOf(reply: Uint8Array): number {
  return (reply[0]! << 8) | reply[1]!;
}

const WAIT_MS = 30_000;

/** Sends packets from a socket of their own and collects replies until `enough`, which may send more. */
async function exchange(
  at: Address,
  packets: readonly Uint8Array[],
  enough: (replies: readonly Buffer[], send: (packet: Uint8Array) => void) => boolean,
): Promise<Buffer[]> {
  const socket = createSocket(isIPv6(at.host) ? 'udp6' : 'udp4');
  const replies: Buffer[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error(`no reply; ${replies.length} others`)), WAIT_MS);
  const send = (packet: Uint8Array) => socket.send(packet, at.port, at.host);
  socket.on('error', reject);
  socket.on('message', (reply) => {
    replies.push(reply);
    if (enough(replies, send)) resolve();
  });
  try {
    for (const packet of packets) send(packet);
    await promise;
    return replies;
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

/** The one reply to a packet over UDP. */
export async function udpReply(at: Address, packet: Uint8Array): Promise<Buffer> {
  const [reply] = await exchange(at, [packet], ({ length }) => length === 1);
  return reply!;
}

/**
 * The replies to packets that should get none. A good query is sent after them, and once more when it was answered:
 * by the second answer all that came before has had its turn.
 */
export async function repliesTo(
  at: Address,
  packets: readonly Uint8Array[],
  good: Uint8Array,
): Promise<Buffer[]> {
  const isGood = (reply: Buffer) => idOf(reply) === idOf(good);
  const replies = await exchange(at, [...packets, good], (all, send) => {
    const answered = all.filter(isGood).length;
    if (answered === 1 && isGood(all.at(-1)!)) send(good);
    return answered === 2;
  });
  return replies.filter((reply) => !isGood(reply));
}

/** A TCP connection that sends and receives whole messages. */
export class TcpClient {
  readonly socket: Socket;
  #received = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
  }

  static async open({ host, port }: Address): Promise<TcpClient> {
    const socket = connect({ host, port });
    await once(socket, 'connect');
    return new TcpClient(socket);
  }

  send(...messages: readonly Uint8Array[]): void {
    const framed = messages.flatMap((message) => [
      Buffer.of(message.length >> 8, message.length & 255),
      message,
    ]);
    this.socket.write(Buffer.concat(framed));
  }

  /** The next message; undefined when the server has closed the connection. */
  async next(): Promise<Buffer | undefined> {
    for (;;) {
      const length = this.#received.length < 2 ? undefined : this.#received.readUInt16BE(0);
      if (length !== undefined && this.#received.length >= 2 + length) {
        const message = this.#received.subarray(2, 2 + length);
        this.#received = this.#received.subarray(2 + length);
        return message;
      }
      if (!(await this.#more())) return undefined;
    }
  }

  async #more(): Promise<boolean> {
    for (;;) {
      const chunk = this.socket.read() as Buffer | null;
      if (chunk !== null) {
        this.#received = Buffer.concat([this.#received, chunk]);
        return true;
      }
      if (this.socket.readableEnded || this.socket.destroyed) return false;
      const settled = new AbortController(); // takes back the listeners of those that did not happen
      const events = ['readable', 'end', 'close'].map((event) =>
        once(this.socket, event, { signal: settled.signal }),
      );
      for (const event of events) event.catch(() => {});
      await Promise.race(events).catch(() => {}); // a connection that was reset is closed, too
      settled.abort();
    }
  }

  close(): void {
    this.socket.destroy();
  }
}
