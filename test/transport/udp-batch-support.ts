// A pool of UDP workers over a small world, and clients whose connected sockets hear nobody but the address they asked.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Address, Listening } from '../../src/transport/deps.ts';
import type { Tally } from '../../src/transport/tally.ts';
import { UdpPool } from '../../src/transport/udp-batch/pool.ts';
import { type Ask, packet } from '../table/questions.ts';
import { World } from '../table/world.ts';
import { countingDeps } from './support.ts';

export const RECORDS = {
  '/skydns/z/web/1': { host: '10.0.0.1', port: 80 },
  '/skydns/z/web/2': { host: '10.0.0.2', port: 80 },
  '/skydns/z/text': { text: 'hello' },
};

export interface Shape {
  readonly host?: string;
  readonly workers?: number;
  readonly world?: World;
}

export class Rig {
  readonly world: World;
  readonly pool: UdpPool;
  readonly count: ReturnType<typeof countingDeps>['count'];
  readonly logged: string[] = [];
  readonly #open: Listening[] = [];
  readonly #clients: Client[] = [];

  constructor({ world = new World().load(RECORDS), workers = 1 }: Shape = {}) {
    this.world = world;
    const { deps, count } = countingDeps();
    this.count = count;
    const line = (_fields: unknown, message: string) => void this.logged.push(message);
    const log = { debug: line, info: line, warn: line, error: line };
    this.pool = new UdpPool({ table: world.table.memory, respond: world.respond, workers }, { ...deps, log });
  }

  static async open(shape: Shape = {}): Promise<{ rig: Rig; at: Address }> {
    const rig = new Rig(shape);
    return { rig, at: await rig.listen(shape.host) };
  }

  async listen(host = '127.0.0.1', port = 0): Promise<Address> {
    const listening = await this.pool.open({ host, port });
    this.#open.push(listening);
    return { host: listening.address, port: listening.port };
  }

  async client(at: Address): Promise<Client> {
    const client = await Client.to(at);
    this.#clients.push(client);
    return client;
  }

  /** One question from a client of its own. */
  async ask(at: Address, ask: Ask): Promise<Buffer | undefined> {
    const client = await this.client(at);
    return client.ask(packet(ask));
  }

  /** Sums over all workers. */
  sum(count: (tally: Tally) => number): number {
    return this.pool.tallies.reduce((sum, tally) => sum + count(tally), 0);
  }

  /** Closes every address. */
  async stop(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((listening) => listening.close()));
  }

  /** Closes every address and every client. */
  async close(): Promise<void> {
    await this.stop();
    for (const client of this.#clients.splice(0)) client.close();
  }
}

/** Generous: the machine may be busy. */
const WAIT_MS = 20_000;

export class Client {
  readonly #socket: Socket;
  readonly received: Buffer[] = [];
  #next = 1;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (message) => this.received.push(message));
    socket.on('error', () => {});
  }

  static async to({ host, port }: Address): Promise<Client> {
    const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 4 << 20 });
    socket.connect(port, host);
    await once(socket, 'connect');
    return new Client(socket);
  }

  /** Sends as it is. */
  send(bytes: Uint8Array): void {
    this.#socket.send(bytes);
  }

  /** Sends with a number of its own as the message's; that number. */
  sendNumbered(bytes: Buffer): number {
    const numbered = Buffer.from(bytes);
    const id = this.#next;
    this.#next = (this.#next + 1) & 0xffff;
    numbered.writeUInt16BE(id, 0);
    this.send(numbered);
    return id;
  }

  /** The reply with this number; undefined when none has come in time. */
  async reply(id: number, waitMs = WAIT_MS): Promise<Buffer | undefined> {
    const end = Date.now() + waitMs;
    for (;;) {
      const found = this.received.find((reply) => reply.length >= 2 && reply.readUInt16BE(0) === id);
      if (found !== undefined || Date.now() > end) return found;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  /** Sends and waits; asks again when nothing comes, as clients do. */
  async ask(bytes: Buffer, tries = 1): Promise<Buffer | undefined> {
    for (let left = tries; left > 0; left--) {
      const reply = await this.reply(this.sendNumbered(bytes), tries === 1 ? WAIT_MS : 1000);
      if (reply !== undefined) return reply;
    }
    return undefined;
  }

  close(): void {
    this.#socket.close();
  }
}

export function rcode(reply: Buffer | undefined): number {
  return reply === undefined ? -1 : reply[3]! & 15;
}

/** Addresses in the answer section of a reply without compression but of the owner. */
export function addressesIn(reply: Buffer | undefined, ask: Ask): string[] {
  if (reply === undefined) return [];
  const start = 12 + packet({ ...ask, size: undefined }).length - 12;
  return Array.from({ length: reply.readUInt16BE(6) }, (_, i) =>
    reply.subarray(start + i * 16 + 12, start + i * 16 + 16).join('.'),
  ).sort();
}
