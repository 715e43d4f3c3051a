// Services put into etcd by etcdctl, asked for with dig: they appear, change, and go away again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import { records, short, status } from '../support/dig.ts';
import type { TestEtcd } from '../support/etcd.ts';
import { Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';

const scene = new Scene();
let etcd: TestEtcd;
let server: TestServer;

beforeAll(async () => {
  etcd = await scene.etcd();
  server = await scene.server(['--registry', `etcd://${etcd.endpoint}/skydns`]);
});

const soon = { timeout: 30_000, interval: 20 };

/** Waits until the short answer is this. */
async function answers(words: readonly string[], expected: readonly string[]): Promise<void> {
  await expect.poll(() => short(server.address, ...words), soon).toEqual(expected);
}

/** Everything in one transaction. */
async function transaction(...requests: readonly string[]): Promise<void> {
  const child = spawn('/usr/bin/etcdctl', ['--endpoints', etcd.endpoint, 'txn'], {
    env: { ETCDCTL_API: '3' },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin.end(`\n${requests.join('\n')}\n\n\n`);
  expect(await once(child, 'exit')).toEqual([0, null]);
}

describe('a service in etcd', () => {
  it('is answered, changed, removed', async () => {
    const name = '1.rails.production.east.skydns.local';
    const key = '/skydns/local/skydns/east/production/rails/1';
    expect(await status(server.address, name)).toBe('NXDOMAIN');
    await etcd.ctl('put', key, '{"host":"10.0.1.125","port":8080}');
    await answers(['rails.production.east.skydns.local', 'A'], ['10.0.1.125']);
    await answers(['rails.production.east.skydns.local', 'SRV'], [`10 100 8080 ${name}.`]);
    await etcd.ctl('put', key, '{"host":"10.0.1.126","port":8081,"text":"moved"}');
    await answers([name, 'A'], ['10.0.1.126']);
    await answers([name, 'SRV'], [`10 100 8081 ${name}.`]);
    await answers([name, 'TXT'], ['"moved"']);
    await etcd.ctl('put', key, '{"host":"fd00::1","port":8081}');
    await answers([name, 'AAAA'], ['fd00::1']);
    expect(await status(server.address, name, 'A')).toBe('NOERROR');
    await etcd.ctl('del', key);
    await expect.poll(() => status(server.address, name), soon).toBe('NXDOMAIN');
  });

  it('goes when its lease ends, and its TTL is no longer than the lease', async () => {
    const granted = await etcd.ctl('lease', 'grant', '5');
    const lease = /lease (\w+)/.exec(granted)![1]!;
    await etcd.ctl('put', `--lease=${lease}`, '/skydns/local/skydns/brief', '{"host":"10.0.0.9"}');
    await expect
      .poll(() => records('answer', server.address, 'brief.skydns.local', 'A'), soon)
      .toEqual(['brief.skydns.local. 5 IN A 10.0.0.9']);
    await expect.poll(() => status(server.address, 'brief.skydns.local'), soon).toBe('NXDOMAIN');
  });

  it('is seen together with all that its transaction changed', async () => {
    const change = (a: string, b: string) =>
      transaction(
        `put /skydns/local/skydns/pair/a "{\\"host\\":\\"${a}\\"}"`,
        `put /skydns/local/skydns/pair/b "{\\"host\\":\\"${b}\\"}"`,
      );
    await change('10.0.0.1', '10.0.0.2');
    await answers(['pair.skydns.local'], ['10.0.0.1', '10.0.0.2']);
    const seen = new Set<string>();
    let writing = true;
    const look = async () => {
      while (writing) seen.add((await short(server.address, 'pair.skydns.local')).join(' '));
    };
    const looking = look();
    for (let i = 0; i < 5; i++) {
      await change('10.0.1.1', '10.0.1.2');
      await change('10.0.0.1', '10.0.0.2');
    }
    writing = false;
    await looking;
    for (const one of seen) expect(['10.0.0.1 10.0.0.2', '10.0.1.1 10.0.1.2']).toContain(one);
    await transaction('del /skydns/local/skydns/pair/a', 'del /skydns/local/skydns/pair/b');
    await expect.poll(() => status(server.address, 'pair.skydns.local'), soon).toBe('NXDOMAIN');
  });
});

describe('fingerpost put, ls, check and rm', () => {
  it('work on etcd as on a file', async () => {
    const registry = ['--registry', `etcd://${etcd.endpoint}`];
    const put = await scene.call(['put', ...registry, 'db.skydns.local', '{"host":"10.0.5.1","port":5432}']);
    expect(put).toMatchObject({ code: 0, stderr: '' });
    await answers(['db.skydns.local', 'SRV'], ['10 100 5432 db.skydns.local.']);
    const ls = await scene.call(['ls', ...registry, '--json', 'db.skydns.local']);
    expect(JSON.parse(ls.stdout)).toMatchObject([{ name: 'db.skydns.local', service: { host: '10.0.5.1' } }]);
    expect(await scene.call(['check', ...registry])).toMatchObject({ code: 0, stderr: '' });
    expect(await scene.call(['rm', ...registry, 'db.skydns.local'])).toMatchObject({ code: 0, stderr: '' });
    await expect.poll(() => status(server.address, 'db.skydns.local'), soon).toBe('NXDOMAIN');
  });
});
