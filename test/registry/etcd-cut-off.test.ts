// Cut off from etcd in every way: what was known stays, the state tells, and afterwards nothing is missing.
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import type { Logger } from '../../src/base/log.ts';
import { EtcdRegistry } from '../../src/registry/etcd.ts';
import { startEtcd, TestEtcd } from '../support/etcd.ts';
import { Line } from '../support/line.ts';
import { freePort } from '../support/ports.ts';
import { textOf, View } from './view.ts';
import { del, put } from './writes.ts';

class Notes implements Logger {
  readonly warnings: string[] = [];
  readonly debug = () => {};
  readonly info = () => {};
  readonly error = () => {};
  readonly warn = (_fields: unknown, message: string) => void this.warnings.push(message);
}

describe('etcd, cut off', { timeout: 180_000 }, () => {
  let etcd: TestEtcd;
  let line: Line;
  let notes: Notes;
  let view: View;
  let prefix = '';
  let count = 0;
  const opened: EtcdRegistry[] = [];

  const open = (...hosts: string[]) => {
    const registry = new EtcdRegistry(
      { url: `etcd://${hosts}${prefix}`, prefix, hosts },
      { logger: notes, clock: realClock },
    );
    opened.push(registry);
    return registry;
  };
  /** Every state that was announced. */
  const kinds = () => view.states.map((s) => s.kind);

  beforeAll(async () => {
    etcd = await startEtcd();
  }, 120_000);
  afterAll(() => etcd.remove());
  beforeEach(async () => {
    count += 1;
    prefix = `/c${count}`;
    notes = new Notes();
    view = new View();
    line = await Line.to(etcd.port);
  });
  afterEach(async () => {
    for (const registry of opened.splice(0)) await registry.close();
    await line.cut();
    expect(view.faults).toEqual([]);
  });

  it('delivers what it missed, and tells stale and synced once each', async () => {
    const writer = open(etcd.endpoint);
    await writer.commit([put(`${prefix}/a`, '1'), put(`${prefix}/b`, '1')]);
    open(line.endpoint).watch(view);
    await view.synced();
    await line.cut();
    await view.stale();
    expect(view.text()).toBe(`${prefix}/a=1\n${prefix}/b=1`);
    await writer.commit([put(`${prefix}/a`, '2')]);
    const last = await writer.commit([del(`${prefix}/b`), put(`${prefix}/c`, '1')]);
    await delay(300); // several attempts fail
    await line.open();
    await view.has(`${prefix}/c`, '1');
    expect(view.text()).toBe(`${prefix}/a=2\n${prefix}/c=1`);
    expect(view.batches.map((b) => b.changes.length)).toEqual([1, 2]);
    expect(view.batches.at(-1)?.revision).toBe(last);
    expect(view.lists).toHaveLength(1);
    await view.synced();
    expect(kinds()).toEqual(['synced', 'stale', 'synced']);
    expect(view.states[1]).toMatchObject({ cause: { name: 'FingerpostError', code: 'unavailable' } });
    expect(notes.warnings).toHaveLength(1);
  });

  it('keeps revisions whole when it catches up with many large transactions', async () => {
    open(line.endpoint).watch(view);
    await view.synced();
    await line.cut();
    await view.stale();
    const writer = open(etcd.endpoint);
    const filling = 'x'.repeat(2_000);
    for (let t = 0; t < 60; t++) {
      await writer.commit(Array.from({ length: 100 }, (_, i) => put(`${prefix}/${i}`, `${t} ${filling}`)));
    }
    for (let t = 0; t < 1_500; t += 50) {
      await Promise.all(Array.from({ length: 50 }, () => writer.commit([put(`${prefix}/small`, String(t))])));
    }
    await writer.commit([put(`${prefix}/end`, 'end')]);
    await line.open();
    await view.has(`${prefix}/end`, 'end');
    expect(view.batches.slice(0, 60).every((b) => b.changes.length === 100)).toBe(true);
    expect(view.batches).toHaveLength(60 + 1_500 + 1);
    expect(view.lists).toHaveLength(1);
  });

  it('lists anew when the history it missed was compacted', async () => {
    const writer = open(etcd.endpoint);
    await writer.commit([
      put(`${prefix}/stays`, '1'),
      put(`${prefix}/goes`, '1'),
      put(`${prefix}/turns`, '1'),
    ]);
    open(line.endpoint).watch(view);
    await view.synced();
    await line.cut();
    await view.stale();
    await writer.commit([del(`${prefix}/goes`)]);
    await writer.commit([put(`${prefix}/turns`, '2')]);
    const revision = await writer.commit([put(`${prefix}/comes`, '1')]);
    await etcd.ctl('compact', String(revision));
    await line.open();
    await view.until('a second list', () => view.lists.length === 2);
    expect(view.text()).toBe(`${prefix}/comes=1\n${prefix}/stays=1\n${prefix}/turns=2`);
    await view.synced();
    await writer.commit([put(`${prefix}/after`, '1')]);
    await view.has(`${prefix}/after`, '1');
    expect(kinds()).toEqual(['synced', 'stale', 'synced']);
  });

  it('notices an etcd that went back in time, and lists it anew', async () => {
    const victim = await startEtcd();
    const again = new TestEtcd(victim.port, await freePort(), `${victim.dataDir}-restored`, true);
    try {
      const writer = open(victim.endpoint);
      await writer.commit([put(`${prefix}/old`, '1')]);
      for (let i = 0; i < 20; i++) await writer.commit([put(`${prefix}/count`, String(i))]);
      open(victim.endpoint).watch(view);
      await view.synced();
      await victim.kill();
      await view.stale();
      await again.start();
      await again.ctl('put', `${prefix}/new`, '1');
      await view.has(`${prefix}/new`, '1');
      expect(view.text()).toBe(`${prefix}/new=1`);
      await view.synced();
      await again.ctl('put', `${prefix}/newer`, '1');
      await view.has(`${prefix}/newer`, '1');
      expect(notes.warnings.filter((w) => w.includes('listing it anew'))).toHaveLength(1);
    } finally {
      await again.remove();
      await victim.remove();
      await rm(again.dataDir, { recursive: true, force: true });
    }
  });

  it('survives kill -9 of etcd, and its return on the same data', async () => {
    const victim = await startEtcd();
    try {
      const writer = open(victim.endpoint);
      await writer.commit([put(`${prefix}/a`, '1')]);
      open(victim.endpoint).watch(view);
      await view.synced();
      for (let i = 0; i < 2; i++) {
        await victim.kill();
        await view.stale();
        expect(view.entries.size).toBe(1);
        await victim.start();
        await victim.ctl('put', `${prefix}/a`, `again ${i}`);
        await view.has(`${prefix}/a`, `again ${i}`);
        await view.synced();
      }
      expect(kinds()).toEqual(['synced', 'stale', 'synced', 'stale', 'synced']);
      expect(view.lists).toHaveLength(1);
    } finally {
      await victim.remove();
    }
  });

  it('waits for an etcd that is absent at start', async () => {
    const port = await freePort();
    open(`127.0.0.1:${port}`).watch(view);
    await view.stale();
    await delay(1_000); // many attempts, one announcement
    expect(kinds()).toEqual(['stale']);
    expect(notes.warnings).toHaveLength(1);
    const late = await startEtcd({ port });
    try {
      await late.ctl('put', `${prefix}/a`, '1');
      await view.has(`${prefix}/a`, '1');
      await view.synced();
      expect(kinds()).toEqual(['stale', 'synced']);
    } finally {
      await late.remove();
    }
  });

  it('notices a frozen etcd', async () => {
    const victim = await startEtcd();
    try {
      open(victim.endpoint).watch(view);
      await view.synced();
      victim.freeze();
      await view.stale();
      victim.thaw();
      await view.synced();
      await victim.ctl('put', `${prefix}/a`, '1');
      await view.has(`${prefix}/a`, '1');
    } finally {
      await victim.remove();
    }
  });

  it('notices a line that went silent', async () => {
    open(line.endpoint).watch(view);
    await view.synced();
    line.silence(true);
    await view.stale();
    line.silence(false);
    await view.synced();
  });

  it('goes to the next host when one is dead, at start and later', async () => {
    const dead = `127.0.0.1:${await freePort()}`;
    for (let i = 0; i < 4; i++) {
      const registry = open(dead, line.endpoint, etcd.endpoint); // begins with any of them
      expect(await registry.commit([put(`${prefix}/${i}`, 'x')])).toBeGreaterThan(0);
    }
    open(dead, line.endpoint).watch(view);
    await view.synced();
    expect(view.entries.size).toBe(4);
    expect(notes.warnings).toEqual([]);
    await line.cut();
    await view.stale();
    await line.open();
    await view.synced();
  });

  it('gives up after seconds, naming the hosts, when nobody is there', async () => {
    const dead = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
    const registry = open(...dead);
    for (const call of [
      () => registry.list(),
      () => registry.commit([put(`${prefix}/a`, '1')]),
      () => registry.grant(10),
      () => registry.keepAlive('1'),
      () => registry.revoke('1'),
    ]) {
      const thrown: unknown = await call().catch((error: unknown) => error);
      expect(thrown).toMatchObject({ name: 'FingerpostError', code: 'unavailable' });
      for (const host of dead) expect(String(thrown)).toContain(host);
    }
  });

  it('gives up after seconds when etcd is silent', async () => {
    // Each over a connection of its own: none waits for what another one has found out.
    const [registry, writer, keeper] = [open(line.endpoint), open(line.endpoint), open(line.endpoint)];
    await registry.commit([put(`${prefix}/a`, '1')]);
    for (const other of [writer, keeper]) await other.list();
    line.silence(true);
    const calls = [registry.list(), writer.commit([]), keeper.keepAlive('1')];
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes).toMatchObject(
      calls.map(() => ({ status: 'rejected', reason: { code: 'unavailable' } })),
    );
    line.silence(false);
    await expect(registry.list()).resolves.toMatchObject({ entries: [{ value: '1' }] });
  });

  it('closes while it is cut off', async () => {
    const registry = open(line.endpoint);
    registry.watch(view);
    await view.synced();
    line.silence(true);
    await view.stale();
    await registry.close();
    const states = view.states.length;
    line.silence(false);
    await delay(200);
    expect(view.states).toHaveLength(states);
  });

  it('the truth is reached through many cuts under load', async () => {
    const writer = open(etcd.endpoint);
    open(line.endpoint).watch(view);
    await view.synced();
    let cutting = true;
    const cuts = (async () => {
      while (cutting) {
        await delay(30 + Math.random() * 200);
        await line.cut();
        await delay(Math.random() * 100);
        await line.open();
      }
    })();
    for (let i = 0; i < 1_500; i++) {
      const key = `${prefix}/${i % 41}`;
      await writer.commit(i % 7 === 0 ? [del(key)] : [put(key, String(i)), put(`${prefix}/n`, String(i))]);
    }
    cutting = false;
    await cuts;
    await writer.commit([put(`${prefix}/end`, 'end')]);
    await view.has(`${prefix}/end`, 'end');
    expect(view.text()).toBe(textOf((await writer.list()).entries));
  });
});
