// etcd away: at the start, for a while, and for so long that its history was compacted.
import { describe, expect, it } from 'vitest';
import { short, status } from '../support/dig.ts';
import { freePort } from '../support/ports.ts';
import { Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';

const scene = new Scene();
// Backing off goes up to five seconds, and a frozen etcd is noticed after nine.
const soon = { timeout: 60_000, interval: 50 };
/** The state that the metrics show. */
async function shown(server: TestServer): Promise<string[]> {
  const states = ['starting', 'synced', 'stale'];
  const values = await Promise.all(
    states.map((state) => server.metric(`fingerpost_registry_state{state="${state}"}`)),
  );
  return states.filter((_, i) => values[i] === 1);
}

const put = (label: string, host: string) =>
  ['put', `/skydns/local/skydns/${label}`, JSON.stringify({ host })] as const;

describe('etcd that is not there', () => {
  it('means SERVFAIL, said in the log and on /readyz, until it comes', async () => {
    const port = await freePort();
    const server = await scene.starting(['--registry', `etcd://127.0.0.1:${port}`]);
    expect(await status(server.address, 'a.skydns.local')).toBe('SERVFAIL');
    expect(await status(server.address, 'example.com')).toBe('REFUSED');
    const cutOff = await server.program.logged(/^cut off from the registry/);
    expect(cutOff.level).toBe('warn');
    expect(cutOff.cause).toContain(`127.0.0.1:${port}`);
    expect(await server.readyz()).toMatchObject({
      status: 503,
      ready: false,
      state: 'starting',
      cause: expect.stringContaining(`127.0.0.1:${port}`),
    });
    expect(await shown(server)).toEqual(['starting']);
    expect(server.program.out.all).toEqual([]);
    const etcd = await scene.etcd({ port });
    await etcd.ctl(...put('a', '10.0.0.1'));
    await server.ready();
    await expect.poll(() => short(server.address, 'a.skydns.local'), soon).toEqual(['10.0.0.1']);
    expect(await server.readyz()).toMatchObject({ status: 200, ready: true, state: 'synced' });
  });
});

describe('etcd that stops', () => {
  it('leaves the answers as they were, and its changes come through when it is back', async () => {
    const etcd = await scene.etcd();
    await etcd.ctl(...put('a', '10.0.0.1'));
    const server = await scene.server(['--registry', `etcd://${etcd.endpoint}`]);
    await etcd.kill();
    await expect.poll(async () => (await server.readyz()).state, soon).toBe('stale');
    expect(await server.metric('fingerpost_registry_synced')).toBe(0);
    expect(await shown(server)).toEqual(['stale']);
    expect(await short(server.address, 'a.skydns.local')).toEqual(['10.0.0.1']);
    expect(await server.readyz()).toMatchObject({ status: 200, ready: true });
    await etcd.start();
    await etcd.ctl(...put('a', '10.0.0.2'));
    await expect.poll(() => short(server.address, 'a.skydns.local'), soon).toEqual(['10.0.0.2']);
    expect(await server.readyz()).toMatchObject({ state: 'synced' });
    expect(await shown(server)).toEqual(['synced']);
    expect(await server.metric('fingerpost_registry_relists_total')).toBe(1);
    const told = server.log.filter(({ msg }) => msg.startsWith('cut off from the registry'));
    expect(told).toHaveLength(1);
  });

  it('is followed again after it was frozen', async () => {
    const etcd = await scene.etcd();
    const server = await scene.server(['--registry', `etcd://${etcd.endpoint}`]);
    etcd.freeze();
    await expect.poll(async () => (await server.readyz()).state, soon).toBe('stale');
    etcd.thaw();
    await etcd.ctl(...put('a', '10.0.0.3'));
    await expect.poll(() => short(server.address, 'a.skydns.local'), soon).toEqual(['10.0.0.3']);
  });
});

describe('etcd that was compacted while it was away', () => {
  it('is listed anew: nothing old stays, nothing new is missed', async () => {
    const etcd = await scene.etcd();
    for (const label of ['kept', 'changed', 'removed']) await etcd.ctl(...put(label, '10.0.0.1'));
    const server = await scene.server(['--registry', `etcd://${etcd.endpoint}`]);
    // The server is held still instead of etcd, so that it is certain to miss what follows.
    process.kill(server.program.pid, 'SIGSTOP');
    try {
      await etcd.kill();
      await etcd.start();
      await etcd.ctl(...put('changed', '10.0.0.2'));
      await etcd.ctl('del', '/skydns/local/skydns/removed');
      await etcd.ctl(...put('added', '10.0.0.3'));
      const { header } = JSON.parse(await etcd.ctl('get', '/', '-w', 'json')) as {
        header: { revision: number };
      };
      await etcd.ctl('compact', String(header.revision));
    } finally {
      process.kill(server.program.pid, 'SIGCONT');
    }
    await expect.poll(() => short(server.address, 'added.skydns.local'), soon).toEqual(['10.0.0.3']);
    expect(await short(server.address, 'kept.skydns.local')).toEqual(['10.0.0.1']);
    expect(await short(server.address, 'changed.skydns.local')).toEqual(['10.0.0.2']);
    expect(await status(server.address, 'removed.skydns.local')).toBe('NXDOMAIN');
    expect(await server.metric('fingerpost_registry_relists_total')).toBe(2);
    expect(await server.metric('fingerpost_services')).toBe(3);
  });
});
