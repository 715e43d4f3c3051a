// Trains over real sockets: what the system makes of them, heard by clients that hear nobody but the address they asked.
import fc from 'fast-check';
import koffi from 'koffi';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Packets, REPLY_SIZE, REQUEST_SIZE } from '../../src/transport/udp-batch/packets.ts';
import { isWildcard, socketName } from '../../src/transport/udp-batch/socket-name.ts';
import {
  closeSocket,
  openUdpSocket,
  receive,
  type UdpSocket,
} from '../../src/transport/udp-batch/syscalls.ts';
import { Trains } from '../../src/transport/udp-batch/trains.ts';
import { SEED } from '../support/property.ts';
import { packet } from '../table/questions.ts';
import { until } from './support.ts';
import { addressesIn, Client, Rig, rcode } from './udp-batch-support.ts';

const SLOTS = 200;
const WAIT_MS = 20_000;
const SOL_SOCKET = 1;
const SO_NO_CHECK = 11;

/** Takes questions of four bytes, a number and a length, and replies with so many bytes that begin with the number. */
class Mirror {
  readonly #socket: UdpSocket;
  readonly #packetInfo: boolean;
  readonly #received = new Packets(SLOTS, REQUEST_SIZE);
  readonly #replies = new Packets(SLOTS, REPLY_SIZE);
  readonly #trains = new Trains(this.#replies, SLOTS);

  constructor(host: string) {
    this.#packetInfo = isWildcard(host);
    const shape = { port: 0, joins: false, buffer: 4 << 20, waitMs: 100, packetInfo: this.#packetInfo };
    this.#socket = openUdpSocket({ ...socketName(host), ...shape });
  }

  get fd(): number {
    return this.#socket.fd;
  }

  get port(): number {
    return this.#socket.port;
  }

  /** Takes `count` questions and answers all of them in one batch; how many replies could not be sent. */
  answer(count: number): number {
    for (let slot = 0; slot < count; slot++) this.#received.arm(slot);
    const end = Date.now() + WAIT_MS;
    for (let slot = 0; slot < count; ) {
      if (Date.now() > end) throw new Error(`${slot} of ${count} questions have come`);
      slot += Math.max(0, receive(this.fd, this.#received.headersFrom(slot), count - slot));
    }
    for (let slot = 0; slot < count; slot++) {
      const question = Buffer.from(this.#received.view(slot).subarray(0, 4));
      this.#replies.view(slot).set(replyTo(question.readUInt16BE(0), question.readUInt16BE(2)));
      this.#replies.setLength(slot, question.readUInt16BE(2));
      this.#replies.addressTo(slot, this.#received, slot, this.#packetInfo);
    }
    return this.#trains.send(this.fd, count, true);
  }

  close(): void {
    closeSocket(this.fd);
  }
}

function replyTo(number: number, length: number): Buffer {
  const reply = Buffer.alloc(length, number & 0xff);
  reply.writeUInt16BE(number, 0);
  return reply;
}

function question(number: number, length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16BE(number, 0);
  bytes.writeUInt16BE(length, 2);
  return bytes;
}

interface Ask {
  readonly client: number;
  readonly length: number;
}

/** Asks, has all of it answered in one batch, and compares what each client has heard; failures are the mirror's. */
async function exchange(mirror: Mirror, clients: readonly Client[], asks: readonly Ask[]): Promise<number> {
  for (const client of clients) client.received.length = 0;
  const due = clients.map((): Buffer[] => []);
  for (const [number, { client, length }] of asks.entries()) {
    clients[client]!.send(question(number, length));
    due[client]!.push(replyTo(number, length));
  }
  const failed = mirror.answer(asks.length);
  const heard = () => clients.reduce((sum, { received }) => sum + received.length, 0);
  await until(() => heard() >= asks.length - failed, 'every reply has come');
  const sorted = (all: readonly Buffer[]) => all.toSorted(Buffer.compare);
  expect(clients.map(({ received }) => sorted(received))).toEqual(due.map(sorted));
  return failed;
}

describe.each([
  ['127.0.0.1', ['127.0.0.1', '127.0.0.1', '127.0.0.1']],
  ['::1', ['::1', '::1', '::1']],
  ['0.0.0.0', ['127.0.0.1', '127.0.0.2', '127.0.0.1']],
  ['::', ['::1', '::1', '::1']],
])('a socket on %s', (host, asked) => {
  let mirror: Mirror;
  let clients: Client[];

  beforeAll(async () => {
    mirror = new Mirror(host);
    clients = await Promise.all(asked.map((one) => Client.to({ host: one, port: mirror.port })));
  });

  afterAll(() => {
    for (const client of clients) client.close();
    mirror.close();
  });

  it('sends each client its own replies, of whatever lengths, once', async () => {
    // Each reply takes 2 KiB of the client's buffer at the most, and Linux grants 208 KiB.
    const ask = fc.record({
      client: fc.nat(clients.length - 1),
      length: fc.constantFrom(4, 60, 61, 512, REPLY_SIZE),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(ask, { minLength: 1, maxLength: 80 }), async (asks) => {
        expect(await exchange(mirror, clients, asks)).toBe(0);
      }),
      { seed: SEED, numRuns: 30 },
    );
  });

  it('sends one client more than one message can hold', async () => {
    const asks = Array.from({ length: 150 }, () => ({ client: 0, length: 50 }));
    expect(await exchange(mirror, clients, asks)).toBe(0);
    const long = Array.from({ length: 60 }, () => ({ client: 1, length: REPLY_SIZE }));
    expect(await exchange(mirror, clients, long)).toBe(0);
  });
});

it('a socket whose messages cannot be cut, having no checksums, sends replies one by one', async () => {
  const mirror = new Mirror('127.0.0.1');
  const setsockopt = koffi.load('libc.so.6').func('int setsockopt(int, int, int, const void *, uint)');
  const on = Buffer.from(Int32Array.of(1).buffer);
  expect(setsockopt(mirror.fd, SOL_SOCKET, SO_NO_CHECK, on, on.length)).toBe(0);
  const clients = [await Client.to({ host: '127.0.0.1', port: mirror.port })];
  const asks = Array.from({ length: 100 }, (_, i) => ({ client: 0, length: 50 + (i % 3) }));
  for (let round = 0; round < 3; round++) expect(await exchange(mirror, clients, asks)).toBe(0);
  clients[0]!.close();
  mirror.close();
});

describe('a worker', () => {
  const rigs: Rig[] = [];

  afterEach(async () => {
    await Promise.all(rigs.splice(0).map((rig) => rig.close()));
  });

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '127.0.0.2'],
    ['::', '::1'],
  ])('on %s answers bursts from several clients, each question once', async (host, asked) => {
    const { rig, at } = await Rig.open({ host });
    rigs.push(rig);
    const clients = await Promise.all(
      Array.from({ length: 4 }, () => rig.client({ host: asked, port: at.port })),
    );
    const web = { name: 'web.z' };
    const asks = [web, { name: 'no.z' }, { name: 'text.z', type: 16 }, { ...web, size: 1232 }];
    const codes = [0, 3, 0, 0];
    for (let burst = 0; burst < 3; burst++) {
      for (const client of clients) client.received.length = 0;
      const ids = clients.map((client) =>
        Array.from({ length: 64 }, (_, i) => client.sendNumbered(packet(asks[i % 4]!))),
      );
      await until(() => clients.every(({ received }) => received.length >= 64), 'all are answered');
      for (const [c, client] of clients.entries()) {
        expect(client.received).toHaveLength(64);
        for (const [i, id] of ids[c]!.entries()) {
          const reply = await client.reply(id);
          expect(rcode(reply)).toBe(codes[i % 4]);
          if (i % 4 === 0) expect(addressesIn(reply, web)).toEqual(['10.0.0.1', '10.0.0.2']);
        }
      }
    }
  });
});
