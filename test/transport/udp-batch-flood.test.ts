// More misses than the main thread can answer: the queue is bounded, and everything else goes on.
import { afterEach, expect, it } from 'vitest';
import type { Respond } from '../../src/query/responder.ts';
import { listenTcp } from '../../src/transport/tcp.ts';
import { MISS_SLOTS } from '../../src/transport/udp-batch/miss-queue.ts';
import { UdpPool } from '../../src/transport/udp-batch/pool.ts';
import { TcpClient as RawTcp } from '../support/raw.ts';
import { packet } from '../table/questions.ts';
import { World } from '../table/world.ts';
import { countingDeps, until } from './support.ts';
import { Client, RECORDS, Rig, rcode } from './udp-batch-support.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A question that only the main thread can answer, another one each time. */
function miss(i: number): Buffer {
  return packet({ name: `n${i}.any.z`, type: 16 });
}

/** Together with the slots of the queue a multiple of 47. */
const BEYOND = 47 * 100 - MISS_SLOTS;

/** Spends `ms` milliseconds on the one thread there is. */
function spend(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

it('drops what is beyond the queue, counts it, and answers all the rest', async () => {
  const { rig, at } = await Rig.open();
  closing.push(() => rig.close());
  const client = await rig.client(at);
  await client.ask(packet({ name: 'web.z' }));
  const taken = () => rig.sum(({ misses, overflows }) => misses + overflows) - 1;
  const end = performance.now() + 20_000;
  // All in one turn of the event loop, so that the main thread takes none out.
  for (let sent = 0; sent < MISS_SLOTS + BEYOND; ) {
    // A few at a time, so that the system has room for them.
    for (let n = 0; n < 47; n++) client.sendNumbered(miss(sent++));
    while (taken() < sent && performance.now() < end);
  }
  expect(rig.sum(({ misses }) => misses)).toBe(1 + MISS_SLOTS);
  expect(rig.sum(({ overflows }) => overflows)).toBe(BEYOND);
  await until(() => client.received.length === 1 + MISS_SLOTS, 'what was kept is answered');
  expect(new Set(client.received.map(rcode))).toEqual(new Set([0]));
  // And then there is room again.
  expect(rcode(await client.ask(miss(9999)))).toBe(0);
  expect(rig.sum(({ overflows }) => overflows)).toBe(BEYOND);
});

it('leaves timers, TCP and the workers themselves their turns', async () => {
  const { deps, count } = countingDeps();
  const world = new World().load(RECORDS);
  // Every miss is as dear as the dearest questions are.
  const respond: Respond = (request, asker, reply) => {
    if (asker.transport === 'udp') spend(10);
    return world.respond(request, asker, reply);
  };
  const pool = new UdpPool({ table: world.table.memory, respond, workers: 2 }, deps);
  const udp = await pool.open({ host: '127.0.0.1', port: 0 });
  closing.push(() => udp.close());
  const tcp = await listenTcp({ host: '127.0.0.1', port: 0 }, respond, deps);
  closing.push(() => tcp.close());
  const clients = await Promise.all(
    Array.from({ length: 8 }, () => Client.to({ host: '127.0.0.1', port: udp.port })),
  );
  for (const client of clients) closing.push(() => client.close());

  const gaps: number[] = [];
  let last = performance.now();
  let flooding = true;
  const flood = () => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
    for (let n = 0; n < 64; n++) clients[n % clients.length]!.sendNumbered(miss(gaps.length * 64 + n));
    if (flooding) setTimeout(flood, 1);
  };
  flood();
  // Both queues of a worker: of those who come first, and of those who have had their share.
  await until(() => count('dropped') > 100, 'a queue overflows');
  for (let n = 0; n < 5; n++) {
    const asker = await RawTcp.open({ host: '127.0.0.1', port: tcp.port });
    closing.push(() => asker.close());
    asker.send(packet({ name: 'web.z' }));
    expect(rcode(await asker.next())).toBe(0);
  }
  const other = await Client.to({ host: '127.0.0.1', port: udp.port });
  closing.push(() => other.close());
  expect(rcode(await other.ask(packet({ name: 'no.z' }), 20))).toBe(3);
  await until(() => gaps.length > 30, 'timers have had their turns');
  flooding = false;
  // One dear miss between two turns, not all that are waiting, nor all that one worker may have answered at once.
  expect(gaps.toSorted((a, b) => a - b)[gaps.length >> 1]).toBeLessThan(16 * 10);
  // Both workers have clients, and neither is kept waiting for the other.
  const before = pool.tallies.map(({ misses }) => misses);
  expect(Math.min(...before)).toBeGreaterThan(0);
  // It closes in good time, though far more is waiting than could be answered by then.
  const asked = performance.now();
  await udp.close({ graceMs: 300 });
  expect(performance.now() - asked).toBeLessThan(10_000);
  expect(count('dropped')).toBeGreaterThan(500);
});
