// The main thread's time, shared: clients whose questions cost much are answered after all the others, and all the same.
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Respond } from '../../src/query/responder.ts';
import type { Listening } from '../../src/transport/deps.ts';
import { FairShare } from '../../src/transport/fair-share.ts';
import { Tally, tallyMemory } from '../../src/transport/tally.ts';
import { listenTcp } from '../../src/transport/tcp.ts';
import { MissDrain } from '../../src/transport/udp-batch/drain.ts';
import { MISS_SLOTS, MissQueue, missQueueMemory } from '../../src/transport/udp-batch/miss-queue.ts';
import { COPIED_HEAD, Packets, REQUEST_SIZE } from '../../src/transport/udp-batch/packets.ts';
import { signalMemory } from '../../src/transport/udp-batch/signal.ts';
import { AF_INET } from '../../src/transport/udp-batch/syscalls.ts';
import { Client } from '../../src/wire/client.ts';
import { countingDeps, framed, LOOPBACK, until } from './support.ts';

const open: Listening[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((listening) => listening.close({ graceMs: 0 })));
});

function client(text: string): Client {
  const found = new Client();
  found.setText(text);
  return found;
}

const GREEDY = client('192.0.2.1');
const MODEST = client('198.51.100.1');

/** Uses up time. */
function spend(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

describe('a share', () => {
  it.each([0.1, 2, 20, 100])('is a quarter of the time, whatever a question takes (%d ms)', (ms) => {
    const share = new FairShare();
    let taken = 0;
    for (let now = 0; now < 20_000; ) {
      if (share.isSpent(GREEDY, now)) {
        now += 1;
        continue;
      }
      now += ms;
      share.charge(GREEDY, now, ms);
      taken += ms;
    }
    expect(share.isSpent(MODEST, 20_000)).toBe(false);
    expect(taken / 20_000).toBeGreaterThan(0.245);
    expect(taken / 20_000).toBeLessThan(0.27);
  });

  it('is there again soon, whatever was taken before', () => {
    const share = new FairShare();
    share.charge(GREEDY, 10_000, 10_000);
    expect(share.isSpent(GREEDY, 10_000)).toBe(true);
    expect(share.isSpent(GREEDY, 10_499)).toBe(true);
    expect(share.isSpent(GREEDY, 10_501)).toBe(false);
  });

  it('gives everybody who stands behind a turn, one stretch after another', async () => {
    const share = new FairShare();
    const order: string[] = [];
    const stand = (name: string, times: number) =>
      share.standBehind(() => {
        order.push(name);
        spend(3);
        if (times > 1) stand(name, times - 1);
      });
    for (const name of ['a', 'b', 'c']) stand(name, 2);
    const stretches: number[] = [];
    while (order.length < 6) {
      const before = order.length;
      await new Promise((resolve) => setImmediate(resolve));
      stretches.push(order.length - before);
    }
    expect(order).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
    expect(Math.max(...stretches)).toBe(1);
  });
});

/** A queue that a worker would have filled: one question of one byte from each of these addresses. */
class Waiting {
  readonly queue = new MissQueue(missQueueMemory());
  readonly #packets = new Packets(1, REQUEST_SIZE);

  put(from: Client, question: number): void {
    const bytes = new Uint8Array(COPIED_HEAD + 4);
    new Int32Array(bytes.buffer, 0, 3).set([1, 16, 0]);
    new DataView(bytes.buffer).setUint16(12, AF_INET, true);
    new DataView(bytes.buffer).setInt32(16, from.words[3]!);
    bytes[COPIED_HEAD] = question;
    this.#packets.copyIn(0, new Int32Array(bytes.buffer), 0);
    if (!this.queue.put(this.#packets, 0, 1)) throw new Error('the queue is full');
  }
}

/** Answers what waits with nothing, and returns from whom it was, in the order of answering. */
async function drained(waiting: Waiting, took: (question: number) => void): Promise<string[]> {
  const { deps, count } = countingDeps();
  const order: string[] = [];
  const respond: Respond = ([question = 0], asker) => {
    order.push(asker.client.text());
    took(question);
    return 0;
  };
  const behind = new MissQueue(missQueueMemory());
  const drain = new MissDrain({
    respond,
    signal: signalMemory(),
    dropped: deps.counters.dropped,
    share: new FairShare(),
    tally: new Tally(tallyMemory()),
  });
  drain.add({ queue: waiting.queue, behind, fd: -1, packetInfo: false });
  drain.stop(120_000);
  await drain.run();
  expect([waiting.queue.waiting, behind.waiting, count('dropped')]).toEqual([0, 0, 0]);
  return order;
}

describe('over UDP', () => {
  it('costly questions of one network are answered after the others that wait', async () => {
    const waiting = new Waiting();
    for (let i = 0; i < 8; i++) waiting.put(GREEDY, 1);
    for (let i = 0; i < 5; i++) waiting.put(MODEST, 0);
    // As much as a share has at once, and all that may be owed.
    const order = await drained(waiting, (question) => question === 1 && spend(260));
    const last = order.lastIndexOf(MODEST.text());
    // One, and another for each half second that the machine was busy elsewhere.
    expect(order.slice(0, last).filter((from) => from === GREEDY.text()).length).toBeLessThan(5);
    expect(order).toHaveLength(13);
  }, 60_000);

  it('who is alone gets all its answers', async () => {
    const waiting = new Waiting();
    for (let i = 0; i < MISS_SLOTS; i++) waiting.put(GREEDY, i & 0xff);
    expect(await drained(waiting, () => spend(0.2))).toHaveLength(MISS_SLOTS);
  }, 60_000);
});

it('over TCP many questions on many connections let others have their turn, and get all their answers', async () => {
  let costly = 0;
  const { deps } = countingDeps();
  const respond: Respond = (request, _, reply) => {
    if (request[0] === 0x80) {
      costly++;
      spend(2);
    }
    reply.set(request);
    return request.length;
  };
  const server = await listenTcp(LOOPBACK, respond, { ...deps, share: new FairShare() });
  open.push(server);
  const connection = (localAddress: string) => {
    const socket = connect({ host: server.address, port: server.port, localAddress });
    let length = 0;
    socket.on('data', (data) => {
      length += data.length;
    });
    return { socket, length: () => length };
  };
  const message = framed(Buffer.of(0x80, 1, 2, 3));
  const greedy = Array.from({ length: 20 }, () => connection('127.0.1.1'));
  for (const { socket } of greedy) socket.write(Buffer.concat(Array.from({ length: 20 }, () => message)));
  // All connections have begun, and the network has had its share.
  await until(() => costly > 100, 'it has begun');
  const modest = connection('127.0.2.1');
  const before = costly;
  expect(before).toBeLessThan(300);
  modest.socket.write(framed('hello'));
  await until(() => modest.length() === 7, 'the other is answered');
  expect(costly).toBeLessThan(400);
  await until(() => greedy.every(({ length }) => length() === 20 * message.length), 'all are answered');
  for (const { socket } of [...greedy, modest]) socket.destroy();
}, 60_000);
