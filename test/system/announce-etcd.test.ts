// fingerpost announce while etcd is away, restored or without its leader; and very many services of one process.
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Claim, Held } from '../../src/announce/claim.ts';
import { Holder } from '../../src/announce/holder.ts';
import { recordsOf } from '../../src/announce/records.ts';
import { realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { EtcdRegistry } from '../../src/registry/etcd.ts';
import { isProblem } from '../../src/service/problem.ts';
import { short, status } from '../support/dig.ts';
import type { TestEtcd } from '../support/etcd.ts';
import { startCluster } from '../support/etcd-cluster.ts';
import { freePort } from '../support/ports.ts';
import { Scene } from '../support/scene.ts';
import { keyOf } from '../support/services.ts';

const scene = new Scene();
const soon = { timeout: 60_000, interval: 100 };
const NAME = 'web.skydns.local';

function announce(endpoints: readonly string[], lease: number) {
  const place = ['--host', '10.0.0.1', '--port', '8080', '--label', 'a', '--lease', `${lease}`];
  return scene.program(['announce', NAME, '--registry', `etcd://${endpoints.join(',')}`, ...place]);
}

const keys = async (etcd: TestEtcd) =>
  (await etcd.ctl('get', '--prefix', '--keys-only', '/skydns/')).split(/\n+/);

describe.concurrent('an etcd', () => {
  it('that is not there at the start is waited for; one that restarts or is restored has one record', async ({
    expect,
  }) => {
    const port = await freePort();
    const program = await announce([`127.0.0.1:${port}`], 5);
    await program.logged(/^the registry is away or refuses: trying again$/);
    const etcd = await scene.etcd({ port });
    await program.logged(/^announced: /);
    expect(await keys(etcd)).toEqual([`${keyOf(NAME)}/a`]);

    const backup = join(await scene.folder(), 'backup');
    await etcd.ctl('snapshot', 'save', backup);
    await etcd.kill();
    await program.logged(/^the registry is away/, program.err.all.length);
    await etcd.start();
    await expect.poll(() => keys(etcd), soon).toEqual([`${keyOf(NAME)}/a`]);

    // The backup is older than what is there now: it is written anew.
    await etcd.ctl('put', '/skydns/local/skydns/other', '{"host":"10.0.0.2"}');
    await etcd.ctl('del', '--prefix', '/skydns');
    await program.logged(/^announced again: /);
    const from = program.err.all.length;
    await etcd.restore(backup);
    await program.logged(/^announced again: /, from);
    await expect.poll(() => keys(etcd), soon).toEqual([`${keyOf(NAME)}/a`]);
    expect(await program.stop()).toMatchObject({ code: 0 });
    expect(await keys(etcd)).toEqual(['']);
  });

  it('that is away at the end is not waited for: the lease sees to the record', async ({ expect }) => {
    const etcd = await scene.etcd();
    const program = await announce([etcd.endpoint], 5);
    await program.logged(/^announced: /);
    await etcd.kill();
    expect(await program.stop()).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('not taken out: it is gone when its lease has run out'),
    });
    await etcd.start();
    await expect.poll(() => keys(etcd), soon).toEqual(['']);
  });

  it('cluster that loses its leader, and the member in use, keeps the record', async () => {
    const cluster = await startCluster();
    scene.onEnd(() => cluster.remove());
    const program = await announce(cluster.endpoints, 8);
    await program.logged(/^announced: /);
    const leader = await cluster.leader();
    await leader.kill();
    const next = await cluster.leader(leader);
    expect(await keys(next)).toEqual([`${keyOf(NAME)}/a`]);
    // Renewed under the new leader: gone with the lease if it is not.
    const end = performance.now() + 10_000;
    while (performance.now() < end) {
      expect(await keys(next)).toEqual([`${keyOf(NAME)}/a`]);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    await program.stop();
    expect(await keys(next)).toEqual(['']);
  });
});

describe('2,000 services that one process announces', () => {
  const COUNT = 2_000;
  let etcd: TestEtcd;
  beforeAll(async () => {
    etcd = await scene.etcd();
  }, 120_000);

  /** Calls of each kind that etcd has answered. */
  async function calls(method: string): Promise<number> {
    const text = await (await fetch(`http://${etcd.endpoint}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line.startsWith('grpc_server_handled_total{'));
    return lines
      .filter((line) => line.includes(`grpc_method="${method}"`))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  it('share a lease, are all visible, and are all taken out, with few calls', async () => {
    const server = await scene.server(['--registry', `etcd://${etcd.endpoint}`]);
    const registry = new EtcdRegistry(
      { url: `etcd://${etcd.endpoint}`, prefix: '/skydns', hosts: [etcd.endpoint] },
      { logger: silent, clock: realClock },
    );
    scene.onEnd(() => registry.close());
    const holder = new Holder({ registry, ttl: 30, logger: silent });
    const registered = new Set<string>();
    const held = Array.from({ length: COUNT }, (_, i) => {
      const name = `s${i}.skydns.local`;
      const host = `10.0.${i >> 8}.${i & 255}`;
      const records = recordsOf('/skydns', { name, label: 'a', host, port: 80 }, holder.owner);
      if (isProblem(records)) throw new Error(records.problem);
      const told: Claim['told'] = ({ kind }) => void (kind === 'registered' && registered.add(name));
      return holder.hold({ name, records, replace: false, told });
    });
    expect(held[0]).toBeInstanceOf(Held);
    const services = () => server.metric('fingerpost_services');
    await expect.poll(services, soon).toBe(COUNT);
    expect(registered.size).toBe(COUNT);
    for (const i of [0, 1, 999, COUNT - 1])
      expect(await short(server.address, `s${i}.skydns.local`)).toEqual([`10.0.${i >> 8}.${i & 255}`]);
    const { entries } = await registry.list();
    expect(new Set(entries.map(({ lease }) => lease?.id)).size).toBe(1);
    // 20 of ours, and those in which the server says how far it is.
    expect(await calls('Txn')).toBeLessThanOrEqual(COUNT / 10);
    await Promise.all(held.map((one) => holder.withdraw(one)));
    await expect.poll(services, soon).toBe(0);
    expect(await status(server.address, 's7.skydns.local')).toBe('NXDOMAIN');
    expect(await keys(etcd)).toEqual(['']);
    holder.close();
  });
});
