// A watch of etcd that begins where an earlier one ended: no list while etcd still has what came between.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { EtcdRegistry } from '../../src/registry/etcd.ts';
import type { Known } from '../../src/registry/registry.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { freePort } from '../support/ports.ts';
import { View } from './view.ts';
import { del, put } from './writes.ts';

let etcd: TestEtcd;
const opened: EtcdRegistry[] = [];
let count = 0;
let prefix = '';

beforeAll(async () => {
  etcd = await startEtcd();
}, 120_000);
afterAll(() => etcd.remove());
afterEach(async () => {
  for (const registry of opened.splice(0)) await registry.close();
});

function open(host = etcd.endpoint): EtcdRegistry {
  const registry = new EtcdRegistry(
    { url: `etcd://${host}${prefix}`, prefix, hosts: [host] },
    { logger: silent, clock: realClock },
  );
  opened.push(registry);
  return registry;
}

/** Two keys, one of them under a lease, seen by a watch that has ended. */
async function before(): Promise<{ writer: EtcdRegistry; first: View; from: Known; lease: string }> {
  count += 1;
  prefix = `/r${count}`;
  const writer = open();
  const { id } = await writer.grant(600);
  await writer.commit([put(`${prefix}/a`, '1'), put(`${prefix}/leased`, '1', id)]);
  const first = new View();
  const watching = open();
  watching.watch(first);
  await first.synced();
  await watching.close();
  return { writer, first, from: { ...first.at!, since: 1_000 }, lease: id };
}

it('tells what came between, a lease that ended among it, without a list', async () => {
  const { writer, first, from, lease } = await before();
  await writer.commit([put(`${prefix}/b`, '1')]);
  await writer.revoke(lease);
  const view = View.knowing(first);
  open().watch(view, from);
  await view.has(`${prefix}/leased`, undefined);
  await view.synced();
  expect(view.text()).toBe(`${prefix}/a=1\n${prefix}/b=1`);
  expect(view.lists).toEqual([]);
  expect(view.batches.map((batch) => batch.changes.length)).toEqual([1, 1]);
  expect(view.faults).toEqual([]);
});

it('lists where that was compacted', async () => {
  const { writer, first, from } = await before();
  await writer.commit([del(`${prefix}/a`)]);
  const revision = await writer.commit([put(`${prefix}/b`, '1')]);
  await etcd.ctl('compact', String(revision));
  const view = View.knowing(first);
  open().watch(view, from);
  await view.synced();
  expect(view.text()).toBe(`${prefix}/b=1\n${prefix}/leased=1`);
  expect(view.lists).toHaveLength(1);
});

it('is stale since what it knows was so, while etcd cannot be reached', async () => {
  const { first, from } = await before();
  const view = View.knowing(first);
  open(`127.0.0.1:${await freePort()}`).watch(view, from);
  await view.stale();
  expect(view.states).toMatchObject([{ kind: 'stale', since: 1_000 }]);
  expect(view.text()).toBe(first.text());
});
