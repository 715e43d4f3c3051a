// etcd restored from a backup: its revisions go back, and what came after the backup never was.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { EtcdRegistry } from '../../src/registry/etcd.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { Line } from '../support/line.ts';
import { textOf, View } from './view.ts';
import { put } from './writes.ts';

const prefix = '/skydns';

describe('etcd restored from a backup', { timeout: 180_000 }, () => {
  let etcd: TestEtcd;
  let line: Line;
  let folder: string;
  let warnings: string[];
  const opened: EtcdRegistry[] = [];
  const open = (host: string) => {
    const logger = { ...silent, warn: (_fields: unknown, message: string) => void warnings.push(message) };
    const registry = new EtcdRegistry(
      { url: `etcd://${host}`, prefix, hosts: [host] },
      { logger, clock: realClock },
    );
    opened.push(registry);
    return registry;
  };
  const write = async (from: number, count: number, what: string) => {
    const registry = open(etcd.endpoint);
    for (let i = from; i < from + count; i++)
      await registry.commit([put(`${prefix}/${i % 7}`, `${what} ${i}`)]);
  };
  const revision = async () => {
    const { header } = JSON.parse(await etcd.ctl('get', '/', '-w', 'json')) as {
      header: { revision: number };
    };
    return header.revision;
  };

  beforeEach(async () => {
    warnings = [];
    etcd = await startEtcd();
    line = await Line.to(etcd.port);
    folder = await mkdtemp(join(tmpdir(), 'fingerpost-backup-'));
  });
  afterEach(async () => {
    for (const registry of opened.splice(0)) await registry.close();
    await line.cut();
    await etcd.remove();
    await rm(folder, { recursive: true, force: true });
  });

  /** A backup, then `count` writes that it does not have; a watch knows them all. */
  const lost = async (count: number) => {
    await write(0, 20, 'kept');
    const backup = join(folder, 'backup');
    await etcd.ctl('snapshot', 'save', backup);
    await write(20, count, 'lost');
    const view = new View();
    open(line.endpoint).watch(view);
    await view.synced();
    return { view, backup, known: await revision() };
  };
  const listedAnew = async (view: View) => {
    await view.until('a second list', () => view.lists.length === 2);
    await view.synced();
    expect(view.text()).toBe(textOf((await open(etcd.endpoint).list()).entries));
    await write(0, 1, 'later');
    await view.has(`${prefix}/0`, 'later 0');
    expect(warnings.filter((warning) => warning.includes('listing it anew'))).toHaveLength(1);
  };

  it('is listed anew', async () => {
    const { view, backup, known } = await lost(30);
    await etcd.restore(backup);
    expect(await revision()).toBeLessThan(known);
    await listedAnew(view);
    expect(view.faults).toEqual([]);
  });

  it('is listed anew also when its revision has overtaken ours while we were cut off', async () => {
    const { view, backup, known } = await lost(400);
    await line.cut();
    await view.stale();
    await etcd.restore(backup);
    await write(0, 420, 'other');
    expect(await revision()).toBeGreaterThan(known);
    await line.open();
    await listedAnew(view);
  });

  it('is listed anew by a watch that begins where one before the backup ended', async () => {
    const { view, backup } = await lost(30);
    const from = { ...view.at!, since: 1_000 };
    for (const registry of opened.splice(0)) await registry.close();
    await etcd.restore(backup);
    const next = View.knowing(view);
    open(line.endpoint).watch(next, from);
    await next.until('a list', () => next.lists.length === 1);
    expect(next.text()).toBe(textOf((await open(etcd.endpoint).list()).entries));
  });
});
