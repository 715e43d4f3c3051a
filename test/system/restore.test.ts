// etcd restored from a backup under a running server: its answers are those of the backup, and serials only go forward.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { short, status } from '../support/dig.ts';
import { Scene } from '../support/scene.ts';

const scene = new Scene();
const soon = { timeout: 60_000, interval: 50 };
const put = (label: string, host: string) =>
  ['put', `/skydns/local/skydns/${label}`, JSON.stringify({ host })] as const;

it('etcd restored from a backup', async () => {
  const etcd = await scene.etcd();
  await etcd.ctl(...put('a', '10.0.0.1'));
  await etcd.ctl(...put('b', '10.0.0.1'));
  const backup = join(await scene.folder(), 'backup');
  await etcd.ctl('snapshot', 'save', backup);
  await etcd.ctl(...put('a', '10.0.0.2'));
  await etcd.ctl(...put('lost', '10.0.0.2'));
  for (let i = 0; i < 5; i++) await etcd.ctl(...put('b', `10.0.1.${i}`));
  const server = await scene.server(['--registry', `etcd://${etcd.endpoint}`]);
  const serial = async () => Number((await short(server.address, 'skydns.local', 'SOA'))[0]?.split(' ')[2]);
  expect(await short(server.address, 'lost.skydns.local')).toEqual(['10.0.0.2']);
  const before = await serial();

  await etcd.restore(backup);
  await expect.poll(() => short(server.address, 'a.skydns.local'), soon).toEqual(['10.0.0.1']);
  expect(await status(server.address, 'lost.skydns.local')).toBe('NXDOMAIN');
  expect(await short(server.address, 'b.skydns.local')).toEqual(['10.0.0.1']);
  const after = await serial();
  expect(after).toBeGreaterThan(before);
  await etcd.ctl(...put('a', '10.0.0.3'));
  await expect.poll(() => short(server.address, 'a.skydns.local'), soon).toEqual(['10.0.0.3']);
  expect(await serial()).toBeGreaterThan(after);
  expect(await server.metric('fingerpost_registry_relists_total')).toBe(2);
});
