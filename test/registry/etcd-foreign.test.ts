// Hosts of two clusters in one list: only one of them is used, and the other is named.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { messageOf } from '../../src/base/errors.ts';
import { silent } from '../../src/base/log.ts';
import { EtcdRegistry } from '../../src/registry/etcd.ts';
import { clusterMeant } from '../../src/registry/etcd-choice.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { Line } from '../support/line.ts';
import { View } from './view.ts';
import { put } from './writes.ts';

describe('the cluster that is meant', () => {
  const _ = undefined;
  it.each([
    ['more than half name it', ['a', 'a', 'b'], _, false, 'a'],
    ['... also where another was used before', ['a', 'a', 'b'], 'b', false, 'a'],
    ['... of all hosts, not of those that answer', ['a', _, _], _, false, _],
    ['... and half is not more than half', ['a', 'a', _, _], _, false, _],
    ['it was used before', ['a', 'b', _], 'b', false, 'b'],
    ['... but not when nobody names it', ['a', _, _], 'b', true, _],
    ['most name it when all have answered', ['a', 'b', 'b', _], _, true, 'b'],
    ['the first of several that as many name', ['a', 'b'], _, true, 'a'],
    ['nobody names one', [_, _], _, true, _],
    ['the only host names it', ['a'], 'b', false, 'a'],
  ] as const)('%s', (_title, named, known, isAll, meant) => {
    expect(clusterMeant(named, known, isAll)).toBe(meant);
  });
});

describe('hosts of two clusters', { timeout: 180_000 }, () => {
  let ours: TestEtcd;
  let theirs: TestEtcd;
  /** Two hosts of our cluster. */
  let lines: [Line, Line];
  let errors: string[];
  let prefix = '';
  let count = 0;
  const opened: EtcdRegistry[] = [];
  const open = (...hosts: string[]) => {
    const logger = { ...silent, error: (_fields: unknown, message: string) => void errors.push(message) };
    const registry = new EtcdRegistry(
      { url: `etcd://${hosts}${prefix}`, prefix, hosts },
      { logger, clock: realClock },
    );
    opened.push(registry);
    return registry;
  };
  const test = (title: string, body: () => Promise<void>) =>
    it(title, async () => {
      prefix = `/f${++count}`;
      errors = [];
      await ours.ctl('put', `${prefix}/a`, 'ours');
      await theirs.ctl('put', `${prefix}/a`, 'theirs');
      await body();
    });

  beforeAll(async () => {
    ours = await startEtcd();
    theirs = await startEtcd();
    lines = [await Line.to(ours.port), await Line.to(ours.port)];
  }, 120_000);
  afterAll(async () => {
    for (const line of lines) await line.cut();
    await ours.remove();
    await theirs.remove();
  });
  afterEach(async () => {
    for (const registry of opened.splice(0)) await registry.close();
    for (const line of lines) if (line.isCut) await line.open();
  });
  const complaint = () => expect.stringContaining(`etcd at ${theirs.endpoint} belongs to another cluster`);

  test('the one that most hosts belong to is used, the other named once', async () => {
    const hosts = [theirs.endpoint, lines[0].endpoint, lines[1].endpoint];
    for (let i = 0; i < 5; i++) await open(...hosts).commit([put(`${prefix}/${i}`, 'x')]);
    expect(await theirs.ctl('get', '--prefix', `${prefix}/`, '--keys-only')).toBe(`${prefix}/a`);
    errors = [];
    const view = new View();
    open(...hosts).watch(view);
    await view.synced();
    expect(view.entries.get(`${prefix}/a`)?.value).toBe('ours');
    await expect.poll(() => errors, { timeout: 30_000 }).toEqual([complaint()]);
    await lines[0].cut();
    await lines[0].open();
    await ours.ctl('put', `${prefix}/b`, 'ours');
    await view.has(`${prefix}/b`, 'ours');
    expect(errors).toHaveLength(1);
    expect(view.faults).toEqual([]);
  });

  test('the other is not used when all of ours are away either', async () => {
    const view = new View();
    open(theirs.endpoint, lines[0].endpoint, lines[1].endpoint).watch(view);
    await view.synced();
    await Promise.all(lines.map((line) => line.cut()));
    await view.stale();
    const state = view.states.at(-1);
    expect(state?.kind === 'stale' && messageOf(state.cause)).toContain(lines[0].endpoint);
    // Several attempts later it still is what it was.
    await expect.poll(() => errors.length, { timeout: 30_000 }).toBeGreaterThan(0);
    expect(view.entries.get(`${prefix}/a`)?.value).toBe('ours');
    expect(view.lists).toHaveLength(1);
    for (const line of lines) await line.open();
    await view.synced();
    expect(view.lists).toHaveLength(1);
  });

  test('of two hosts the first is meant', async () => {
    for (const [first, second, value] of [
      [ours, theirs, 'ours'],
      [theirs, ours, 'theirs'],
    ] as const) {
      const { entries } = await open(first.endpoint, second.endpoint).list();
      expect(entries.map((entry) => entry.value)).toEqual([value]);
    }
  });

  test('a host that was the only one to answer at the start gives way to most of them', async () => {
    await Promise.all(lines.map((line) => line.cut()));
    const view = new View();
    open(lines[0].endpoint, theirs.endpoint, lines[1].endpoint).watch(view);
    await view.synced();
    expect(view.entries.get(`${prefix}/a`)?.value).toBe('theirs');
    for (const line of lines) await line.open();
    await theirs.kill();
    await view.has(`${prefix}/a`, 'ours');
    await theirs.start();
    await view.synced();
  });
});
