// A DNS client for the bench: one socket, queries by id, replies read with the dns2 package.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';

export const Type = { A: 1, TXT: 16, SRV: 33, SOA: 6 } as const;

/** An OPT record of 1232 bytes without options (RFC 6891 6.1.2). */
const OPT = Buffer.of(0, 0, 41, 1232 >> 8, 1232 & 255, 0, 0, 0, 0, 0, 0);

/** A query message in wire form (RFC 1035 section 4.1). */
export function queryBytes(id: number, name: string, type: number, edns = false): Buffer {
  const labels = name.split('.').filter(Boolean);
  const body = labels.map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]));
  const head = Buffer.of(id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, edns ? 1 : 0);
  const tail = Buffer.of(0, type >> 8, type & 255, 0, 1);
  return Buffer.concat([head, ...body, tail, ...(edns ? [OPT] : [])]);
}

/** Asks over UDP; a reply with TC set is asked for again over TCP. */
export class Client {
  readonly #socket: Socket;
  readonly #port: number;
  readonly #waiting = new Map<number, (reply: Buffer) => void>();
  #id = 0;

  private constructor(socket: Socket, port: number) {
    this.#socket = socket;
    this.#port = port;
    socket.on('message', (reply) => this.#received(reply));
  }

  static async open(port: number): Promise<Client> {
    const socket = createSocket('udp4');
    socket.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => {});
    return new Client(socket, port);
  }

  /** The reply, or undefined when none came within `ms`. */
  ask(name: string, type: number, ms = 1_000, edns = false): Promise<Buffer | undefined> {
    this.#id = (this.#id + 1) & 0xffff;
    const id = this.#id;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#waiting.delete(id) && resolve(undefined), ms);
      this.#waiting.set(id, (reply) => {
        clearTimeout(timer);
        resolve(reply);
      });
      this.#socket.send(queryBytes(id, name, type, edns));
    });
  }

  /** The whole reply: over TCP where it does not fit into UDP. Asks up to five times. */
  async askWhole(name: string, type: number): Promise<Buffer> {
    for (let tries = 0; tries < 5; tries++) {
      const reply = await this.ask(name, type);
      if (reply === undefined) continue;
      return ((reply[2] ?? 0) & 2) === 0 ? reply : askTcp(this.#port, name, type);
    }
    throw new Error(`no answer to ${name}`);
  }

  close(): void {
    this.#socket.close();
  }

  #received(reply: Buffer): void {
    if (reply.length < 12) return;
    const id = reply.readUInt16BE(0);
    const done = this.#waiting.get(id);
    this.#waiting.delete(id);
    done?.(reply);
  }
}

/** One query over a TCP connection of its own. */
export async function askTcp(port: number, name: string, type: number): Promise<Buffer> {
  const query = queryBytes(1, name, type);
  const socket = connect(port, '127.0.0.1');
  socket.end(Buffer.concat([Buffer.of(query.length >> 8, query.length & 255), query]));
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).subarray(2);
}
