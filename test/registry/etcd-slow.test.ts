// An etcd that takes five seconds for each answer: all arrives, late, and the state neither stalls nor flaps.
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { EtcdRegistry } from '../../src/registry/etcd.ts';
import { EtcdEndpoints } from '../../src/registry/etcd-endpoints.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { Line } from '../support/line.ts';
import { View } from './view.ts';
import { put } from './writes.ts';

const SLOW_MS = 5_000;

describe('a slow etcd', { timeout: 300_000 }, () => {
  let etcd: TestEtcd;
  let line: Line;
  const opened: EtcdRegistry[] = [];
  const open = (host: string) => {
    const hosts = [host];
    const registry = new EtcdRegistry(
      { url: `etcd://${host}`, prefix: '/skydns', hosts },
      { logger: silent, clock: realClock },
    );
    opened.push(registry);
    return registry;
  };
  beforeEach(async () => {
    etcd = await startEtcd();
    line = await Line.to(etcd.port);
  });
  afterEach(async () => {
    for (const registry of opened.splice(0)) await registry.close();
    await line.cut();
    await etcd.remove();
  });
  /** Changes, one of them under a lease that has to be asked for, each awaited; the state stays what it is. */
  const follows = async (view: View) => {
    const states = view.states.length;
    const writer = open(etcd.endpoint);
    for (const value of ['1', '2']) {
      const { id } = await writer.grant(600);
      await writer.commit([put('/skydns/a', value, id)]);
      await view.has('/skydns/a', value);
      expect(view.entries.get('/skydns/a')?.lease?.ttl).toBe(600);
    }
    expect(view.states).toHaveLength(states);
    expect(view.kind).toBe('synced');
    expect(view.faults).toEqual([]);
  };

  it('from the start on is listed and followed', async () => {
    line.slow('down', SLOW_MS);
    await etcd.ctl('put', '/skydns/first', '1');
    const view = new View();
    open(line.endpoint).watch(view);
    await view.has('/skydns/first', '1');
    await view.synced();
    await follows(view);
  });

  it('that becomes slow is still followed, and still when it is quick again', async () => {
    const view = new View();
    open(line.endpoint).watch(view);
    await view.synced();
    line.slow('down', 3_500); // within what silence is tolerated for, also on a busy machine
    await follows(view);
    line.slow('down', 0);
    await follows(view);
    expect(view.lists).toHaveLength(1);
  });

  it('that was slow only while a line healed is not waited for longer for good', async () => {
    line.silence(true, 'down');
    const endpoints = new EtcdEndpoints({ hosts: [line.endpoint], prefix: '/skydns' });
    try {
      const connected = endpoints.client();
      await delay(2_000);
      line.silence(false);
      await connected;
      const first = endpoints.patience(0);
      expect(first).toBeGreaterThan(2_000);
      const ask = async () => {
        await endpoints.call(({ maintenance }, options) => maintenance.status(options));
        return endpoints.patience(0);
      };
      await expect.poll(ask, { timeout: 60_000 }).toBeLessThan(first / 2);
    } finally {
      endpoints.close();
    }
  });

  it('is written to, too', async () => {
    line.slow('down', SLOW_MS);
    const registry = open(line.endpoint);
    await registry.commit([put('/skydns/a', '1')]);
    expect((await registry.list()).entries).toMatchObject([{ key: '/skydns/a', value: '1' }]);
  });
});
