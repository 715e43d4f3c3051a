// UDP in batches over real sockets: every kind of address, from the address that was asked, hits and misses, bad packets.
import { afterEach, describe, expect, it } from 'vitest';
import { COUNTED_TYPES, DURATION_BOUNDS_US, Row } from '../../src/transport/tally.ts';
import { type Ask, packet } from '../table/questions.ts';
import { World } from '../table/world.ts';
import { until } from './support.ts';
import { addressesIn, Rig, rcode, type Shape } from './udp-batch-support.ts';

const open: Rig[] = [];

async function start(shape: Shape = {}) {
  const started = await Rig.open(shape);
  open.push(started.rig);
  return started;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((rig) => rig.close()));
});

const WEB: Ask = { name: 'web.z' };
const BOTH = ['10.0.0.1', '10.0.0.2'];

describe.each([1, 2])('a pool of %d workers', (workers) => {
  it.each(['127.0.0.1', '::1', '0.0.0.0', '::'])('answers on %s', async (host) => {
    const { rig, at } = await start({ host, workers });
    expect(at.host).toBe(host);
    const asked = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
    const to = { host: asked, port: at.port };
    // Clients of their own, so that the system deals them out to all workers.
    for (let i = 0; i < 12; i++) expect(addressesIn(await rig.ask(to, WEB), WEB)).toEqual(BOTH);
    expect(rig.pool.alive).toBe(workers);
  });

  it('answers from the address that was asked, misses and hits alike', async () => {
    const { rig, at } = await start({ host: '0.0.0.0', workers });
    for (const host of ['127.0.0.1', '127.0.0.2', '127.9.8.7']) {
      // The client is connected, so it would not hear a reply from another address.
      const client = await rig.client({ host, port: at.port });
      const name = `text.z`;
      for (let i = 0; i < 3; i++) expect(rcode(await client.ask(packet({ name, type: 16 })))).toBe(0);
      expect(rcode(await client.ask(packet({ name: 'no.z' })))).toBe(3);
      expect(addressesIn(await client.ask(packet(WEB)), WEB)).toEqual(BOTH);
    }
  });
});

it('many clients are dealt out to both workers, and every one is answered', async () => {
  const { rig, at } = await start({ workers: 2 });
  const clients = await Promise.all(Array.from({ length: 64 }, () => rig.client(at)));
  const replies = await Promise.all(clients.map((client) => client.ask(packet(WEB))));
  expect(replies.map((reply) => addressesIn(reply, WEB))).toEqual(clients.map(() => BOTH));
  expect(rig.pool.tallies.map(({ queries }) => queries > 0)).toEqual([true, true]);
  expect(rig.sum(({ queries }) => queries)).toBe(64);
});

it('answers a miss, and the next time from the table', async () => {
  const { rig, at } = await start();
  const client = await rig.client(at);
  const first = await client.ask(packet(WEB));
  expect(rig.sum(({ misses }) => misses)).toBe(1);
  expect(rig.world.table.count).toBe(1);
  const second = await client.ask(packet(WEB));
  expect(rig.sum(({ misses }) => misses)).toBe(1);
  expect(addressesIn(second, WEB)).toEqual(addressesIn(first, WEB));
  rig.world.apply({ '/skydns/z/web/2': undefined });
  expect(addressesIn(await client.ask(packet(WEB)), WEB)).toEqual(['10.0.0.1']);
  // Another miss, unless the answer that was dropped had been made anew by then.
  expect(rig.sum(({ misses }) => misses)).toBeLessThanOrEqual(2);
});

it('denies by itself what cannot exist', async () => {
  const { rig, at } = await start();
  const client = await rig.client(at);
  for (let i = 0; i < 20; i++) expect(rcode(await client.ask(packet({ name: `no${i}.z` })))).toBe(3);
  expect(rig.sum(({ misses }) => misses)).toBe(0);
  expect(rig.world.counts.tableMisses).toBe(0);
});

it('counts rcodes that stand in the OPT record, and no others', async () => {
  const { rig, at } = await start();
  const client = await rig.client(at);
  // Beside the rcode the OPT record now has an option, so that it is longer.
  rig.world.contents.zones.setStaleTtl(7);
  const question = packet({ name: 'no.z', size: 1232 });
  const stale = await client.ask(question);
  expect(stale?.subarray(-6)).toEqual(Buffer.of(0, 15, 0, 2, 0, 3));
  const badVersion = Buffer.from(question);
  badVersion[question.length - 5] = 1;
  expect(rcode(await client.ask(badVersion))).toBe(0);
  const counted = () =>
    [0, 3, 16].map((code) =>
      rig.sum((tally) => tally.row(0)[Row.RCODE + code]! + tally.row(1)[Row.RCODE + code]!),
    );
  await until(() => rig.sum(({ replies }) => replies) === 2, 'both are counted');
  expect(counted()).toEqual([0, 1, 1]);
});

it('answers a burst of 64 questions, and the next', async () => {
  const { rig, at } = await start();
  const client = await rig.client(at);
  await client.ask(packet(WEB));
  for (let burst = 0; burst < 5; burst++) {
    const before = client.received.length;
    const ids = Array.from({ length: 64 }, (_, i) =>
      client.sendNumbered(packet(i % 2 === 0 ? WEB : { name: `no${i}.z`, size: 1232 })),
    );
    await until(() => client.received.length === before + 64, 'all 64 are answered');
    for (const [i, id] of ids.entries()) expect(rcode(await client.reply(id))).toBe(i % 2 === 0 ? 0 : 3);
  }
  // Many a system call took more than one.
  expect(rig.sum(({ batches }) => batches)).toBeLessThanOrEqual(rig.sum(({ queries }) => queries));
});

it('fits replies to the size that the client takes', async () => {
  const members = Array.from({ length: 100 }, (_, i) => [`/skydns/z/big/${i}`, { host: `10.1.0.${i}` }]);
  const world = new World().load(Object.fromEntries(members) as Record<string, object>);
  const { rig, at } = await start({ world });
  const client = await rig.client(at);
  for (const [size, most] of [
    [undefined, 512],
    [512, 512],
    [900, 900],
    [4096, 1232],
  ] as const) {
    for (let again = 0; again < 2; again++) {
      const reply = await client.ask(packet({ name: 'big.z', size }));
      expect(reply!.length).toBeLessThanOrEqual(most);
      expect(reply!.length).toBeGreaterThan(most - 30);
      // Cut short.
      expect(reply![2]! & 2).toBe(2);
    }
  }
});

describe('packets that are no fair questions', () => {
  const broken = Buffer.concat([packet(WEB).subarray(0, 14), Buffer.of(0xc0)]);
  const badVersion = packet({ ...WEB, size: 1232 });
  badVersion[badVersion.length - 5] = 1;
  const notify = packet({ name: 'web.z', flags: 0x2000 });

  it('get what they are due, and the worker goes on', async () => {
    const { rig, at } = await start();
    const client = await rig.client(at);
    expect(rcode(await client.ask(broken))).toBe(1);
    expect(rcode(await client.ask(notify))).toBe(4);
    const refused = await client.ask(badVersion);
    expect([rcode(refused), refused!.at(-6)]).toEqual([0, 1]);
    // Longer than any query may be: cut off, and so malformed.
    const long = Buffer.concat([packet(WEB), Buffer.alloc(3000)]);
    expect(rcode(await client.ask(long))).toBe(1);
    const silent = [Buffer.alloc(0), Buffer.alloc(11), packet({ ...WEB, flags: 0x8000 })];
    for (const bytes of silent) client.send(bytes);
    expect(rcode(await client.ask(packet(WEB)))).toBe(0);
    expect(client.received).toHaveLength(5);
    expect(rig.sum(({ dropped }) => dropped)).toBe(3);
  });

  it('are counted by what was said', async () => {
    const { rig, at } = await start();
    const client = await rig.client(at);
    await client.ask(packet({ name: 'no.z', type: 33 }));
    await client.ask(broken);
    await client.ask(notify);
    await client.ask(badVersion);
    await client.ask(packet({ name: 'no.z', type: 99 }));
    await client.ask(packet({ name: 'text.z', type: 16 }));
    await client.ask(packet({ name: 'text.z', type: 16 }));
    await until(() => rig.sum(({ replies }) => replies) === 6, 'all are counted');
    const sumAt = (place: number) => rig.sum((tally) => tally.row(0)[place]! + tally.row(1)[place]!);
    const byRcode = Array.from({ length: 17 }, (_, code) => sumAt(Row.RCODE + code));
    // NOERROR, FORMERR, NXDOMAIN, NOTIMP and BADVERS; the miss is not the worker's to count.
    expect(byRcode).toEqual([1, 1, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    const byType = COUNTED_TYPES.flatMap((type, place) => {
      const count = sumAt(Row.TYPE + place);
      return count > 0 ? [[type, count]] : [];
    });
    expect(Object.fromEntries(byType)).toEqual({ A: 1, SRV: 1, TXT: 1, other: 3 });
    expect(rig.sum(({ queries }) => queries)).toBe(7);
    expect(rig.sum(({ misses }) => misses)).toBe(1);
    const durations = Array.from({ length: DURATION_BOUNDS_US.length + 1 }, (_, i) =>
      sumAt(Row.DURATION + i),
    );
    expect(durations.reduce((sum, n) => sum + n)).toBe(6);
    expect(sumAt(Row.DURATION_US)).toBeGreaterThan(0);
  });
});
