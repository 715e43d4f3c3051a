// The registry commands over a real etcd: leases, ages in revisions, and what other programs write.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { call } from './call.ts';

let etcd: TestEtcd;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

const fingerpost = (...words: string[]) =>
  call(words, { FINGERPOST_REGISTRY: `etcd://${etcd.endpoint}/skydns` });

describe('etcd', () => {
  it('takes a record, shows its age in revisions, and lets it go', async () => {
    expect((await fingerpost('put', 'a.skydns.local', '{"host": "10.0.0.1"}')).code).toBe(0);
    await fingerpost('put', 'b.skydns.local', '{"host": "10.0.0.2"}');
    const lines = (await fingerpost('ls')).out.split('\n').map((line) => line.split(/ {2,}/));
    expect(lines.slice(1).map((cells) => [cells[0], cells.at(-1)])).toEqual([
      ['a.skydns.local', '1 rev'],
      ['b.skydns.local', '0 rev'],
    ]);
    expect((await fingerpost('rm', '--all', 'skydns.local')).out).toMatch(
      /^removed 2 services at skydns\.local/,
    );
    expect((await fingerpost('check')).out).toBe('0 records, all usable');
  });

  it('binds a key to a lease, and ends both', async () => {
    const put = await fingerpost('put', '--lease', '2', 'c.skydns.local', '{"host": "10.0.0.1"}');
    expect(put.out).toMatch(/\nit expires in 2 s unless lease \w+ is kept alive$/);
    expect((await fingerpost('ls', '--json')).out).toContain('"ttl": 2');
    await expect.poll(async () => (await fingerpost('ls')).err, { timeout: 20_000 }).toMatch(/^no services/);
  });

  it('takes more services than one transaction holds', async () => {
    const { commitAll, withRegistry } = await import('../../src/cli/registry.ts');
    const { completeOptions } = await import('../../src/app/config.ts');
    const writes = Array.from({ length: 250 }, (_, i) => ({
      kind: 'put' as const,
      key: `/skydns/local/skydns/many/${i}`,
      value: '{}',
    }));
    const options = completeOptions({ registry: `etcd://${etcd.endpoint}/skydns` });
    await withRegistry(options, (registry) => commitAll(registry, writes));
    expect((await fingerpost('check')).out).toBe('250 records, all usable');
    expect((await fingerpost('rm', '--all', 'many.skydns.local')).out).toMatch(/^removed 250 services/);
  });

  it('names the last good revision of a record that turned bad, unless it was compacted', async () => {
    const key = '/skydns/local/skydns/turned';
    const revisionOf = async (value: string) => {
      await etcd.ctl('put', key, value);
      const { header } = JSON.parse(await etcd.ctl('get', key, '-w', 'json')) as {
        header: { revision: number };
      };
      return header.revision;
    };
    const good = await revisionOf('{"host":"10.0.0.1"}');
    await revisionOf('bad');
    const bad = await revisionOf('worse');
    const { code, out } = await fingerpost('check');
    expect(code).toBe(1);
    expect(out).toMatch(new RegExp(`^${key}  revision ${bad}: not JSON: .*; last good: revision ${good}\n`));
    await etcd.ctl('compact', String(bad));
    expect((await fingerpost('check')).out).toMatch(
      /; last good: unknown, the registry has compacted its history\n/,
    );
    await etcd.ctl('del', key);
  });

  it('that is away is one line', async () => {
    const { code, err } = await call(['ls', '--registry', 'etcd://127.0.0.1:1']);
    expect(code).toBe(1);
    expect(err).toMatch(/^fingerpost: etcd at 127\.0\.0\.1:1 cannot be reached/);
    expect(err.split('\n')).toHaveLength(1);
  });
});
