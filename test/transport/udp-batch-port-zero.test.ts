// A datagram that says it comes from port 0: nothing can be sent there, and nobody else's reply is lost for it.
import koffi from 'koffi';
import { afterEach, expect, it } from 'vitest';
import { ADDRESS_SIZE } from '../../src/transport/udp-batch/message-layout.ts';
import { Patience, sendSlots } from '../../src/transport/udp-batch/outbox.ts';
import { COPIED_HEAD, Packets } from '../../src/transport/udp-batch/packets.ts';
import { AF_INET, closeSocket, openUdpSocket } from '../../src/transport/udp-batch/syscalls.ts';
import { Trains } from '../../src/transport/udp-batch/trains.ts';
import { packet } from '../table/questions.ts';
import { until } from './support.ts';
import { Rig, rcode } from './udp-batch-support.ts';

const SOCK_RAW = 3;
const IPPROTO_UDP = 17;

const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int, int, int)');
const sendto = libc.func('int sendto(int, const void *, size_t, int, const void *, uint)');

/** A socket that writes its own UDP headers; negative where this process may not have one. */
const raw: number = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);

const rigs: Rig[] = [];

afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.close()));
});

function addressOf(port: number): Buffer {
  const name = Buffer.alloc(ADDRESS_SIZE);
  name.writeUInt16LE(AF_INET, 0);
  name.writeUInt16BE(port, 2);
  name.set([127, 0, 0, 1], 4);
  return name;
}

function sendFromPortZero(port: number, bytes: Uint8Array): void {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(port, 2);
  header.writeUInt16BE(8 + bytes.length, 4);
  const whole = Buffer.concat([header, bytes]);
  expect(sendto(raw, whole, whole.length, 0, addressOf(port), 16)).toBe(whole.length);
}

it('gets no reply, and others do', async () => {
  expect(raw, 'this test needs the right to open raw sockets (CAP_NET_RAW)').toBeGreaterThanOrEqual(0);
  const { rig, at } = await Rig.open();
  rigs.push(rig);
  const client = await rig.client(at);
  const miss = packet({ name: 'text.z', type: 16 });
  const denied = packet({ name: 'no.z' });
  for (let round = 0; round < 5; round++) {
    for (const question of [denied, miss]) {
      sendFromPortZero(at.port, question);
      const id = client.sendNumbered(question);
      sendFromPortZero(at.port, question);
      expect(rcode(await client.reply(id))).toBe(question === miss ? 0 : 3);
    }
  }
  await until(() => rig.sum(({ queries }) => queries) === 30, 'all are taken');
  await until(
    () => rig.sum(({ dropped }) => dropped) + rig.count('dropped') === 20,
    'all failures are counted',
  );
  expect(rig.pool.replaced).toBe(0);
});

it('does not keep the replies around it from leaving', async () => {
  const { rig, at } = await Rig.open();
  rigs.push(rig);
  const name = { family: AF_INET, address: Uint8Array.of(127, 0, 0, 1), scope: 0, port: 0 } as const;
  const own = openUdpSocket({ ...name, joins: false, buffer: 65_536, waitMs: 100, packetInfo: false });
  const packets = new Packets(3, 512);
  const received = new Packets(3, 512);
  // Queries to the pool's workers, as replies of ours; the middle one goes to port 0.
  for (const [slot, port] of [at.port, 0, at.port].entries()) {
    const query = packet({ name: 'no.z' });
    const head = Int32Array.of(query.length, 16, 0);
    const memory = Buffer.concat([
      Buffer.from(head.buffer),
      addressOf(port),
      Buffer.alloc(COPIED_HEAD - 12 - ADDRESS_SIZE),
      query,
      Buffer.alloc(3),
    ]);
    // In whole words, and beginning where a word may.
    const words = new Int32Array(memory.buffer.slice(memory.byteOffset), 0, memory.length >> 2);
    received.copyIn(slot, words, 0);
    packets.view(slot).set(query);
    packets.setLength(slot, query.length);
    packets.addressTo(slot, received, slot, false);
  }
  const patience = new Patience();
  const trains = new Trains(packets, 3);
  const ways = [true, false].flatMap((wait) => [
    () => {
      patience.begin(wait);
      return sendSlots(own.fd, packets, 0, 3, patience);
    },
    // The two that go to the workers leave as one.
    () => trains.send(own.fd, 3, wait),
  ]);
  for (const [i, send] of ways.entries()) {
    expect(send()).toBe(1);
    await until(() => rig.sum(({ queries }) => queries) === 2 * (i + 1), 'the others arrive');
  }
  closeSocket(own.fd);
});
