// external-dns with its coredns provider: the very keys and values that it writes, changes and deletes in etcd, asked for with dig.
import { beforeAll, describe, expect, it } from 'vitest';
import { records, short, status } from '../support/dig.ts';
import type { TestEtcd } from '../support/etcd.ts';
import { Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';

/** The text by which its TXT registry owns a record; the inner quotes belong to it. */
const heritage = (resource: string): string =>
  `"heritage=external-dns,external-dns/owner=cluster1,external-dns/resource=${resource}"`;
/** What dig prints of such a text. */
const printed = (text: string): string => `"${text.replaceAll('"', '\\"')}"`;
const WEB = heritage('service/default/web');
const ownership = (text: string, rest = ''): string =>
  `{${rest}"text":${JSON.stringify(text)},"targetstrip":1}`;

/** Written as it stands here: the order of the fields and the escapes are those of Go's encoding/json. */
const WRITTEN: Readonly<Record<string, string>> = {
  '/skydns/org/example/web/4d658221': '{"host":"10.0.0.1","ttl":60,"targetstrip":1,"group":"g1"}',
  '/skydns/org/example/web/78629a0f': '{"host":"10.0.0.2","ttl":60,"targetstrip":1,"group":"g1"}',
  '/skydns/org/example/a-web/55104dc7': ownership(WEB),
  '/skydns/org/example/web/365a8581': '{"host":"2001:db8::1","targetstrip":1}',
  '/skydns/org/example/aaaa-web/1c0ffee1': ownership(WEB),
  '/skydns/org/example/www/1408d2ac': '{"host":"lb.example.net","targetstrip":1}',
  '/skydns/org/example/cname-www/0badcafe': ownership(heritage('ingress/default/www')),
  '/skydns/org/example/note/268447a4': '{"text":"v=1 a\\u003cb\\u0026c","targetstrip":1}',
  '/skydns/org/example/both/30b95ff1': '{"host":"10.0.0.1","text":"hello","targetstrip":1}',
  '/skydns/org/example/both/30b95ff2': '{"host":"10.0.0.2","targetstrip":1}',
  '/skydns/arpa/in-addr/172/18/0/2': '{"host":"web.example.org"}',
  '/skydns/arpa/in-addr/172/18/0/ptr-2': ownership(WEB),
  '/skydns/arpa/in-addr/172/18/0/3/9f8e7d6c': '{"host":"old.example.org","targetstrip":1}',
  '/skydns/org/example/2e3108da': '{"host":"10.0.0.9","targetstrip":1}',
  '/skydns/org/a-example/490bd268': ownership(heritage('service/default/apex')),
  '/skydns/org/example/*/1bf98be2': '{"host":"10.0.0.9","targetstrip":1}',
  '/skydns/org/example/_udp/_sip/25845c95': '{"host":"10 5 5060 sip.example.org.","targetstrip":1}',
  '/skydns/org/example/owned/2b1a0f3e': '{"host":"10.0.0.4","targetstrip":1,"owner":"cluster1"}',
  // As it was before v0.18: the text within the value of the host.
  '/skydns/org/example/older/44444444': ownership(WEB, '"host":"10.0.0.5",'),
  '/skydns/org/example/oldname/55555555': ownership(WEB, '"host":"lb.example.net",'),
};

const scene = new Scene();
let etcd: TestEtcd;
let server: TestServer;
let registry: string[];

beforeAll(async () => {
  etcd = await scene.etcd();
  for (const [key, value] of Object.entries(WRITTEN)) await etcd.ctl('put', key, value);
  registry = ['--registry', `etcd://${etcd.endpoint}`, '--zone', 'example.org', '--zone', '172.18.0.0/16'];
  server = await scene.server(registry);
});

const soon = { timeout: 30_000, interval: 50 };
const ask = (...words: readonly string[]): Promise<string[]> => short(server.address, ...words);

async function comesTo(words: readonly string[], expected: readonly string[]): Promise<void> {
  await expect.poll(() => ask(...words), soon).toEqual(expected);
}

/** It deletes by prefix, and writes the key without a slash at its end. */
const deleted = (key: string): Promise<string> => etcd.ctl('del', '--prefix', key);

describe('what external-dns has written', () => {
  it.each([
    ['web.example.org A', '10.0.0.1', '10.0.0.2'],
    ['web.example.org AAAA', '2001:db8::1'],
    ['web.example.org TXT'],
    ['web.example.org SRV', '10 100 0 web.example.org.'],
    ['a-web.example.org TXT', printed(WEB)],
    ['a-web.example.org A'],
    ['aaaa-web.example.org TXT', printed(WEB)],
    ['www.example.org A', 'lb.example.net.'],
    ['www.example.org CNAME', 'lb.example.net.'],
    ['cname-www.example.org TXT', printed(heritage('ingress/default/www'))],
    ['note.example.org TXT', '"v=1 a<b&c"'],
    ['both.example.org A', '10.0.0.1', '10.0.0.2'],
    ['both.example.org TXT', '"hello"'],
    ['2.0.18.172.in-addr.arpa PTR', 'web.example.org.'],
    ['ptr-2.0.18.172.in-addr.arpa TXT', printed(WEB)],
    ['3.0.18.172.in-addr.arpa PTR', 'old.example.org.'],
    ['example.org A', '10.0.0.9'],
    ['example.org TXT'],
    ['anything.example.org A', '10.0.0.9'],
    ['owned.example.org A', '10.0.0.4'],
    ['older.example.org A', '10.0.0.5'],
    ['older.example.org TXT', printed(WEB)],
    ['oldname.example.org A', 'lb.example.net.'],
    ['oldname.example.org CNAME', 'lb.example.net.'],
  ])('%s', async (question, ...answer) => {
    expect(await ask(...question.split(' '))).toEqual(answer);
    expect(await status(server.address, ...question.split(' '))).toBe('NOERROR');
  });

  it('has its own TTLs, else the default', async () => {
    expect(await records('answer', server.address, 'web.example.org', 'A')).toEqual(
      expect.arrayContaining(['web.example.org. 60 IN A 10.0.0.1']),
    );
    expect(await records('answer', server.address, 'web.example.org', 'AAAA')).toEqual([
      'web.example.org. 30 IN AAAA 2001:db8::1',
    ]);
  });

  it('harms nothing where it cannot be used: types that the provider does not translate', async () => {
    // It makes no name, so the wildcard of the zone answers.
    expect(await ask('_sip._udp.example.org', 'A')).toEqual(['10.0.0.9']);
    const { code, stdout } = await scene.call(['check', ...registry]);
    expect(code).toBe(1);
    expect(stdout).toContain('/skydns/org/example/_udp/_sip/25845c95');
    // The ownership of the apex, which it writes beside the zone.
    expect(stdout).toMatch(/^\/skydns\/org\/a-example\/490bd268 .*outside the zones/m);
    expect(stdout).toContain('2 not served as they are');
  });
});

describe('what external-dns does next', () => {
  it('an update: other targets, and a second ownership key that says the same', async () => {
    await etcd.ctl(
      'put',
      '/skydns/org/example/web/5f0e1d2c',
      WRITTEN['/skydns/org/example/web/4d658221']!.replace('0.1', '0.3'),
    );
    await deleted('/skydns/org/example/web/4d658221');
    await etcd.ctl('put', '/skydns/org/example/a-web/0a1b2c3d', ownership(WEB));
    await comesTo(['web.example.org', 'A'], ['10.0.0.2', '10.0.0.3']);
    await comesTo(['a-web.example.org', 'TXT'], [printed(WEB)]);
  });

  it('a delete that leaves ownership behind: the name has no addresses any more', async () => {
    for (const id of ['5f0e1d2c', '78629a0f', '365a8581']) await deleted(`/skydns/org/example/web/${id}`);
    await deleted('/skydns/org/example/a-web/55104dc7');
    // The wildcard of the zone answers for a name that does not exist any more (RFC 4592).
    await comesTo(['web.example.org', 'A'], ['10.0.0.9']);
    await comesTo(['web.example.org', 'AAAA'], []);
    expect(await ask('a-web.example.org', 'TXT')).toEqual([printed(WEB)]);
  });

  it('deletes of everything else', async () => {
    await deleted('/skydns/org/example/*/1bf98be2');
    await expect.poll(() => status(server.address, 'web.example.org'), soon).toBe('NXDOMAIN');
    for (const [key, name] of [
      ['www/1408d2ac', 'www'],
      ['note/268447a4', 'note'],
      ['owned/2b1a0f3e', 'owned'],
      ['older/44444444', 'older'],
      ['a-web/0a1b2c3d', 'a-web'],
    ]) {
      await deleted(`/skydns/org/example/${key}`);
      await expect.poll(() => status(server.address, `${name}.example.org`), soon).toBe('NXDOMAIN');
    }
    await deleted('/skydns/org/example/both/30b95ff1');
    await comesTo(['both.example.org', 'A'], ['10.0.0.2']);
    await comesTo(['both.example.org', 'TXT'], []);
    await deleted('/skydns/org/example/2e3108da');
    await comesTo(['example.org', 'A'], []);
    await deleted('/skydns/arpa/in-addr/172/18/0/2');
    await expect.poll(() => status(server.address, '-x', '172.18.0.2'), soon).toBe('NXDOMAIN');
    expect(await ask('-x', '172.18.0.3')).toEqual(['old.example.org.']);
  });
});
