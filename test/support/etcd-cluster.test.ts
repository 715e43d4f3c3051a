// The cluster that other tests stand on: it forms, survives the loss of its leader, and takes it back.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCluster, type TestCluster } from './etcd-cluster.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 120_000);
afterAll(() => cluster.remove());

it('holds what was written when its leader is killed, and when that is back', {
  timeout: 180_000,
}, async () => {
  const leader = await cluster.leader();
  await leader.ctl('put', 'a', '1');
  await leader.kill();
  const next = await cluster.leader(leader);
  expect(next).not.toBe(leader);
  expect(await next.ctl('get', 'a', '--print-value-only', '--command-timeout=30s')).toBe('1');
  await leader.start();
  expect(await leader.ctl('get', 'a', '--print-value-only', '--command-timeout=30s')).toBe('1');
  expect(await (await cluster.follower()).leads()).toBe(false);
});
