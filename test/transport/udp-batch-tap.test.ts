// What UDP workers and the main thread note of their replies: nothing unless it is wanted, else what was on the wire.
import { afterEach, expect, it } from 'vitest';
import { tapped } from '../../src/query/tapped.ts';
import type { TapRecord } from '../../src/tap/record.ts';
import { Switch, Want } from '../../src/tap/switches.ts';
import { Tap } from '../../src/tap/tap.ts';
import type { Listening } from '../../src/transport/deps.ts';
import { UdpPool } from '../../src/transport/udp-batch/pool.ts';
import { packet } from '../table/questions.ts';
import { World } from '../table/world.ts';
import { countingDeps, until } from './support.ts';
import { Client, RECORDS } from './udp-batch-support.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** What a record says, kept. */
function noted(record: TapRecord) {
  const { bytes, requestAt, requestKept, replyAt, replyKept } = record;
  return {
    client: `${record.client.text()}:${record.client.port}`,
    rcode: record.rcode,
    type: record.type,
    source: record.source,
    at: record.seconds * 1000 + record.microseconds / 1000,
    latencyUs: record.latencyUs,
    sizes: [record.requestSize, record.replySize],
    request: Buffer.from(bytes.subarray(requestAt, requestAt + requestKept)),
    reply: Buffer.from(bytes.subarray(replyAt, replyAt + replyKept)),
  };
}

async function start() {
  const tap = new Tap();
  const world = new World().load(RECORDS);
  const { deps } = countingDeps();
  const respond = tapped(world.respond, tap.writer);
  const parts = { table: world.table.memory, respond, workers: 1, tap: () => tap.ring() };
  const pool = new UdpPool(parts, deps);
  const listening: Listening = await pool.open({ host: '127.0.0.1', port: 0 });
  closing.push(() => listening.close());
  const client = await Client.to({ host: '127.0.0.1', port: listening.port });
  closing.push(() => client.close());
  const records: ReturnType<typeof noted>[] = [];
  const observer = (want: number) => ({
    want,
    take: (record: TapRecord) => void records.push(noted(record)),
    flush: () => {},
  });
  closing.push(() => tap.detach(log));
  const log = observer(Want.LOG);
  return { tap, client, records, observer, log };
}

it('is nothing until somebody wants it, and then miss and hit alike', async () => {
  const { tap, client, records, log } = await start();
  const ask = packet({ name: 'WEB.z', size: 1232 });
  await client.ask(ask);
  tap.attach(log);
  await client.ask(ask);
  await client.ask(packet({ name: 'text.z', type: 16 }));
  await client.ask(packet({ name: 'no.z' }));
  await until(() => records.length === 3, 'three are noted');
  const bySource = records.map(({ source, type, rcode }) => [source, type, rcode]);
  expect(bySource.sort()).toEqual([
    [0, 1, 0],
    [0, 1, 3],
    [1, 16, 0],
  ]);
  for (const { at, latencyUs } of records) {
    expect(Math.abs(Date.now() - at)).toBeLessThan(60_000);
    expect(latencyUs).toBeLessThan(60e6);
  }
  const web = records.find(({ request }) => request.includes('WEB'))!;
  // The question alone, and the sizes of all.
  expect(web.request.length).toBe(ask.length - 11);
  expect(web.reply.length).toBe(0);
  expect(web.sizes[0]).toBe(ask.length);
  expect(web.client).toMatch(/^127\.0\.0\.1:[1-9]\d+$/);
});

it('is whole messages where those are wanted', async () => {
  const { tap, client, records, observer } = await start();
  const dnstap = observer(Want.DNSTAP);
  tap.attach(dnstap);
  closing.push(() => tap.detach(dnstap));
  for (const name of ['web.z', 'web.z', 'no.z']) {
    const ask = packet({ name, size: 1232 });
    const reply = (await client.ask(ask))!;
    await until(() => records.length > 0, 'it is noted');
    const { request, reply: kept, sizes } = records.shift()!;
    expect(request.subarray(2)).toEqual(ask.subarray(2));
    expect(kept).toEqual(reply);
    expect(sizes).toEqual([ask.length, reply.length]);
  }
});

it('is only the share and the rcodes that are wanted', async () => {
  const { tap, client, records, log } = await start();
  tap.set(Switch.LOG_RCODES, 1 << 3);
  tap.attach(log);
  await client.ask(packet({ name: 'web.z' }));
  await client.ask(packet({ name: 'web.z' }));
  await client.ask(packet({ name: 'no.z' }));
  await until(() => records.length > 0, 'it is noted');
  expect(records.map(({ rcode }) => rcode)).toEqual([3]);
  tap.set(Switch.LOG_SHARE, 0);
  await client.ask(packet({ name: 'no.z' }));
  tap.set(Switch.LOG_SHARE, 2 ** 30);
  for (let i = 0; i < 400; i++) await client.ask(packet({ name: 'no.z' }));
  tap.drain();
  // Half of them, and ten standard deviations to either side.
  expect(records.length).toBeGreaterThan(100);
  expect(records.length).toBeLessThan(301);
});

it('counts what nobody reads, where that was said', async () => {
  const { tap, client, records, observer } = await start();
  const dnstap = observer(Want.DNSTAP);
  tap.attach(dnstap);
  closing.push(() => tap.detach(dnstap));
  tap.setDeaf(true);
  for (let i = 0; i < 3; i++) await client.ask(packet({ name: 'no.z' }));
  await until(() => tap.lost(1) === 6, 'question and reply of each are counted');
  tap.setDeaf(false);
  await client.ask(packet({ name: 'no.z' }));
  await until(() => records.length === 1, 'the next one is noted');
});
