// Records that cannot be used: left out alone, said once, counted, and listed by check.
import { beforeAll, describe, expect, it } from 'vitest';
import { records, short } from '../support/dig.ts';
import type { TestEtcd } from '../support/etcd.ts';
import { Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';
import { keyOf } from '../support/services.ts';

const BAD: Readonly<Record<string, string>> = {
  'notjson.web.skydns.local': 'host=10.0.0.2',
  'list.web.skydns.local': '[]',
  'types.web.skydns.local': '{"host":"10.0.0.3","port":"80"}',
  'port.web.skydns.local': '{"host":"10.0.0.4","port":70000}',
  'space.web.skydns.local': '{"host":"a b"}',
  'number.web.skydns.local': '{"host":"10.0.0"}',
  [`${'x'.repeat(64)}.web.skydns.local`]: '{"host":"10.0.0.5"}',
};
/** Served, whatever one may think of them. */
const GOOD: Readonly<Record<string, string>> = {
  '1.web.skydns.local': '{"host":"10.0.0.1","port":80}',
  'empty.web.skydns.local': '{}',
  'others.web.skydns.local': '{"host":"10.0.0.6","port":80,"some-other-program":{"says":["so"]}}',
};

const scene = new Scene();
const soon = { timeout: 30_000, interval: 20 };
let etcd: TestEtcd;
let server: TestServer;
let registry: string[];

const logged = () => server.log.filter(({ msg }) => msg.startsWith('record cannot be used'));

beforeAll(async () => {
  etcd = await scene.etcd();
  for (const [name, value] of Object.entries({ ...BAD, ...GOOD })) await etcd.ctl('put', keyOf(name), value);
  await etcd.ctl('put', '/skydns/com/example/web', '{"host":"10.0.0.7"}');
  registry = ['--registry', `etcd://${etcd.endpoint}`];
  server = await scene.server(registry);
});

describe('bad records', () => {
  it('do not keep their siblings from being served', async () => {
    expect(await short(server.address, 'web.skydns.local')).toEqual(['10.0.0.1', '10.0.0.6']);
    expect(await records('answer', server.address, 'web.skydns.local', 'SRV')).toHaveLength(2);
  });

  it('are logged with key, revision and reason, and counted', async () => {
    expect(
      logged()
        .map(({ key }) => key)
        .sort(),
    ).toEqual(Object.keys(BAD).map(keyOf).sort());
    for (const line of logged()) {
      expect(line).toMatchObject({
        level: 'warn',
        revision: expect.any(Number),
        problem: expect.stringMatching(/./),
      });
    }
    expect(await server.metric('fingerpost_bad_records')).toBe(Object.keys(BAD).length);
    expect(await server.metric('fingerpost_outside_keys')).toBe(1);
  });

  it('are logged once for each revision', async () => {
    const before = logged().length;
    await etcd.ctl('put', keyOf('other.skydns.local'), '{"host":"10.0.0.8"}');
    await expect.poll(() => short(server.address, 'other.skydns.local'), soon).toEqual(['10.0.0.8']);
    expect(logged()).toHaveLength(before);
    await etcd.ctl('put', keyOf('list.web.skydns.local'), '[1]');
    await expect.poll(() => logged().length, soon).toBe(before + 1);
    expect(await server.metric('fingerpost_bad_records')).toBe(Object.keys(BAD).length);
  });

  it('are listed by check, which then exits 1', async () => {
    const { code, stdout } = await scene.call(['check', ...registry]);
    expect(code).toBe(1);
    for (const name of Object.keys(BAD)) expect(stdout).toContain(`${keyOf(name)}  revision `);
    expect(stdout).toMatch(
      /^\/skydns\/com\/example\/web {2}revision \d+: outside the zones \(skydns\.local\)$/m,
    );
    expect(stdout).toMatch(new RegExp(`, ${Object.keys(BAD).length + 1} not served as they are$`, 'm'));
  });

  it('that were good before keep their last good value until they are mended', async () => {
    const key = keyOf('turned.skydns.local');
    await etcd.ctl('put', key, '{"host":"10.0.0.9"}');
    await expect.poll(() => short(server.address, 'turned.skydns.local'), soon).toEqual(['10.0.0.9']);
    await etcd.ctl('put', key, '{"host":"10.0.0.10}');
    await expect.poll(() => server.metric('fingerpost_quarantined_records'), soon).toBe(1);
    expect(await short(server.address, 'turned.skydns.local')).toEqual(['10.0.0.9']);
    const told = logged().find((line) => line.key === key);
    expect(told?.msg).toBe('record cannot be used: its last good value is served');
    const { stdout } = await scene.call(['check', ...registry]);
    expect(stdout).toContain(`${key}  revision ${told?.revision}: not JSON: `);
    expect(stdout).toMatch(new RegExp(`; last good: revision ${told?.kept}$`, 'm'));
    await etcd.ctl('put', key, '{"host":"10.0.0.10"}');
    await expect.poll(() => short(server.address, 'turned.skydns.local'), soon).toEqual(['10.0.0.10']);
    expect(await server.metric('fingerpost_quarantined_records')).toBe(0);
    await etcd.ctl('del', key);
  });

  it('are no longer bad when they are put right', async () => {
    await etcd.ctl('put', keyOf('port.web.skydns.local'), '{"host":"10.0.0.4","port":7000}');
    await expect
      .poll(() => short(server.address, 'web.skydns.local'), soon)
      .toEqual(['10.0.0.1', '10.0.0.4', '10.0.0.6']);
    expect(await server.metric('fingerpost_bad_records')).toBe(Object.keys(BAD).length - 1);
  });
});
