// A cluster of three whose members die, freeze and come back one after the other: nothing is missed, nothing goes back.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { EtcdRegistry } from '../../src/registry/etcd.ts';
import type { TestEtcd } from '../support/etcd.ts';
import { startCluster, type TestCluster } from '../support/etcd-cluster.ts';
import { Line } from '../support/line.ts';
import { textOf, View } from './view.ts';
import { put } from './writes.ts';

describe('a cluster of three', { timeout: 240_000 }, () => {
  let cluster: TestCluster;
  let lines: Line[];
  let prefix = '';
  let count = 0;
  const opened: EtcdRegistry[] = [];

  const open = (hosts: readonly string[]) => {
    const registry = new EtcdRegistry(
      { url: `etcd://${hosts}${prefix}`, prefix, hosts },
      { logger: silent, clock: realClock },
    );
    opened.push(registry);
    return registry;
  };
  /** A watch over lines to all members, synced. */
  const watch = async (): Promise<View> => {
    const view = new View();
    open(lines.map((line) => line.endpoint)).watch(view);
    await view.synced();
    return view;
  };
  /** The member that the watch is connected to. */
  const used = async (): Promise<TestEtcd> => {
    await expect.poll(() => lines.filter((line) => line.connections > 0).length, { timeout: 60_000 }).toBe(1);
    return cluster.members[lines.findIndex((line) => line.connections > 0)]!;
  };
  const other = (...not: TestEtcd[]) => cluster.members.find((member) => !not.includes(member))!;
  /** Writes through `member` until it is done, and waits until the watch has it. */
  const writes = async (view: View, member: TestEtcd, value: string) => {
    await expect
      .poll(() => member.ctl('put', `${prefix}/k`, value, '--command-timeout=20s'), { timeout: 60_000 })
      .toBe('OK');
    await view.has(`${prefix}/k`, value);
  };
  const settled = async (view: View) => {
    await view.synced();
    expect(view.faults).toEqual([]);
    expect(view.lists).toHaveLength(1); // it resumed each time
    expect(view.text()).toBe(textOf((await open(cluster.endpoints).list()).entries));
  };

  beforeAll(async () => {
    cluster = await startCluster();
  }, 120_000);
  afterAll(() => cluster.remove());
  // Lines of its own for each test: what another one left over them is not counted.
  beforeEach(async () => {
    lines = await Promise.all(cluster.members.map(({ port }) => Line.to(port)));
  });
  afterEach(async () => {
    for (const registry of opened.splice(0)) await registry.close();
    for (const line of lines) await line.cut();
  });
  const test = (title: string, body: () => Promise<void>) =>
    it(title, async () => {
      count += 1;
      prefix = `/m${count}`;
      await body();
    });

  test('loses the member in use, and it comes back', async () => {
    const view = await watch();
    const victim = await used();
    await writes(view, victim, '1');
    await victim.kill();
    await writes(view, other(victim), '2');
    await victim.start();
    await writes(view, victim, '3');
    await settled(view);
  });

  test('loses its leader while a follower is in use, and the other way round', async () => {
    const view = await watch();
    for (const value of ['1', '2', '3']) {
      const leader = await cluster.leader();
      await leader.kill();
      const next = await cluster.leader(leader);
      await writes(view, next, value);
      await leader.start();
    }
    await settled(view);
  });

  test('has its leader frozen', async () => {
    const view = await watch();
    const leader = await cluster.leader();
    leader.freeze();
    onTestFinished(() => leader.thaw()); // a failure here is none of the next test's
    await writes(view, await cluster.leader(leader), '1');
    leader.thaw();
    await writes(view, leader, '2');
    await settled(view);
  });

  test('has the member in use frozen', async () => {
    const view = await watch();
    const victim = await used();
    victim.freeze();
    onTestFinished(() => victim.thaw()); // a failure here is none of the next test's
    await writes(view, await cluster.leader(victim), '1');
    victim.thaw();
    await writes(view, victim, '2');
    await settled(view);
  });

  test('has all members killed, and two of them started', async () => {
    const view = await watch();
    await writes(view, other(), '1');
    await Promise.all(cluster.members.map((member) => member.kill()));
    await view.stale();
    const [first, second, third] = cluster.members as [TestEtcd, TestEtcd, TestEtcd];
    await Promise.all([first.start(), second.start()]);
    await writes(view, first, '2');
    await third.start();
    await settled(view);
    expect(view.states.map(({ kind }) => kind)).toEqual(['synced', 'stale', 'synced']);
  });

  test('answers calls while any one member is dead', async () => {
    const registry = open(cluster.endpoints);
    for (const [i, victim] of cluster.members.entries()) {
      await victim.kill();
      await cluster.leader(victim);
      expect(await registry.commit([put(`${prefix}/${i}`, 'x')])).toBeGreaterThan(0);
      await victim.start();
    }
    expect((await registry.list()).entries).toHaveLength(3);
  });
});
