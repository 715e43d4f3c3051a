// Which names leave, and as what: names that nobody outside can know, short names, search lists, names of addresses.
import { beforeAll, describe, expect, it } from 'vitest';
import { dig, short, status } from '../support/dig.ts';
import { PATIENT, Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';
import { loadServices } from '../support/services.ts';
import { addresses, namesAsked, startScripted, UPSTREAM_ADDRESS } from '../support/upstream.ts';
import { replyBytes } from '../upstream/asked.ts';
import type { ScriptedServer } from '../upstream/scripted.ts';
import { pointer, record, wire } from '../wire/packets.ts';

const PTR = 12;
const NXDOMAIN = 0x8183;

const scene = new Scene();
let upstream: ScriptedServer;
let server: TestServer;
let folder = '';

/** Knows names below example.com and names of addresses. */
const knows = addresses();
const script = (asking: Parameters<typeof knows>[0]): void => {
  const text = asking.question.toString('latin1').toLowerCase();
  if (text.includes('arpa'))
    asking.send(replyBytes({ ...asking, answers: [record(pointer(12), PTR, wire('host', 'example'))] }));
  else if (/example.com\0/.test(text)) knows(asking);
  else asking.send(replyBytes({ ...asking, flags: NXDOMAIN }));
};

async function aa(...words: readonly string[]): Promise<boolean> {
  return /flags: qr aa /.test(await dig(server.address, ...words));
}

beforeAll(async () => {
  upstream = await startScripted(scene, script);
  folder = await scene.folder();
  const zones = ['skydns.local', '198.18.0.0/16', '10.0.0.0/8'].flatMap((zone) => ['--zone', zone]);
  await loadServices(
    scene,
    folder,
    {
      'db.prod.skydns.local': { host: '10.0.0.5' },
      '1.0.18.198.in-addr.arpa': { host: 'db.prod.skydns.local' },
      '5.0.0.10.in-addr.arpa': { host: 'db.prod.skydns.local' },
    },
    ...zones,
  );
  const { host, port } = upstream.address;
  const typed = [...PATIENT, '--ndots', '2', '--search', 'skydns.local,example.com'];
  server = await scene.server([...zones, '--forward', `${host}:${port}`, ...typed, '--workers', '1'], {
    cwd: folder,
  });
});

describe('to other servers', () => {
  const NEVER = [
    ...['localhost', 'a.b.localhost', 'x.y.invalid', 'abcdefgh.x.onion', '_dns.resolver.arpa'],
    ...[
      '1.0.0.127.in-addr.arpa',
      '7.0.0.10.in-addr.arpa',
      '1.1.16.172.in-addr.arpa',
      '1.1.168.192.in-addr.arpa',
    ],
    ...[
      '1.1.254.169.in-addr.arpa',
      '1.2.0.192.in-addr.arpa',
      '255.255.255.255.in-addr.arpa',
      '1.1.64.100.in-addr.arpa',
    ],
    `1.${'0.'.repeat(31)}ip6.arpa`,
    'a.b.d.f.ip6.arpa',
    'a.0.8.e.f.ip6.arpa',
    '1.8.b.d.0.1.0.0.2.ip6.arpa',
  ];

  it('no name goes that nobody outside can know, by whatever way it is asked for', async () => {
    upstream.askings.length = 0;
    for (const name of NEVER) {
      for (const type of ['A', 'PTR', 'ANY', 'TYPE4711'])
        expect(['NOERROR', 'NXDOMAIN']).toContain(await status(server.address, name, type));
      expect(['NOERROR', 'NXDOMAIN']).toContain(await status(server.address, '+tcp', name.toUpperCase()));
    }
    expect(namesAsked(upstream)).toEqual([]);
  });

  it('no name goes that has fewer dots than it needs', async () => {
    upstream.askings.length = 0;
    for (const name of ['plain', 'com', 'example.com'])
      for (const type of ['A', 'MX', 'TXT'])
        expect(await status(server.address, name, type)).toBe('NXDOMAIN');
    expect(namesAsked(upstream)).toEqual([]);
    expect(await short(server.address, 'www.example.com')).toEqual([UPSTREAM_ADDRESS]);
    // What resolvers that validate walk down the tree with.
    for (const type of ['NS', 'SOA', 'DS', 'DNSKEY']) await status(server.address, 'example.com', type);
    expect(new Set(namesAsked(upstream))).toEqual(new Set(['www.example.com', 'example.com']));
  });
});

describe('a name with the search domain added', () => {
  it.each(['typed.skydns.local', 'typed.prod.skydns.local', 'x.db.prod.skydns.local'])(
    '%s is found in the next one, also below names that exist',
    async (name) => {
      const meant = `${name.slice(0, -'skydns.local'.length)}example.com.`;
      for (let time = 0; time < 3; time++)
        expect(await short(server.address, name)).toEqual([UPSTREAM_ADDRESS, meant]);
    },
  );

  it('is found as it was typed', async () => {
    expect(await short(server.address, 'www.example.com.skydns.local')).toEqual([
      UPSTREAM_ADDRESS,
      'www.example.com.example.com.',
    ]);
  });

  it('that is a service is the service', async () => {
    expect(await short(server.address, 'db.prod.skydns.local')).toEqual(['10.0.0.5']);
  });
});

describe('the name of an address', () => {
  it('is answered from its key', async () => {
    expect(await short(server.address, '-x', '198.18.0.1')).toEqual(['db.prod.skydns.local.']);
    expect(await aa('-x', '198.18.0.1')).toBe(true);
  });

  it('in no zone of ours is forwarded', async () => {
    expect(await short(server.address, '-x', '8.8.8.8')).toEqual(['host.example.']);
    expect(await aa('-x', '8.8.8.8')).toBe(false);
    expect(await short(server.address, '-x', '2606:4700::1111')).toEqual(['host.example.']);
  });

  it('in a zone of ours without a key is forwarded, until there is a key, and when it is gone', async () => {
    const again = async () => {
      for (let time = 0; time < 3; time++) {
        for (const name of ['198.18.0.2', '198.18.9.9'])
          expect(await short(server.address, '-x', name)).toEqual(['host.example.']);
        expect(await aa('-x', '198.18.0.2')).toBe(false);
      }
    };
    await again();
    const key = '2.0.18.198.in-addr.arpa';
    const zone = ['--zone', '198.18.0.0/16'];
    const put = await scene.call(['put', ...zone, key, '{"host":"db.prod.skydns.local"}'], { cwd: folder });
    expect(put).toMatchObject({ code: 0 });
    const ask = () => short(server.address, '-x', '198.18.0.2');
    await expect.poll(ask, { timeout: 30_000 }).toEqual(['db.prod.skydns.local.']);
    expect((await scene.call(['rm', key], { cwd: folder })).code).toBe(0);
    await expect.poll(ask, { timeout: 30_000 }).toEqual(['host.example.']);
    await again();
  });

  it('of a private network without a key is ours alone', async () => {
    upstream.askings.length = 0;
    expect(await short(server.address, '-x', '10.0.0.5')).toEqual(['db.prod.skydns.local.']);
    for (let time = 0; time < 2; time++)
      expect(await status(server.address, '-x', '10.0.0.6')).toBe('NXDOMAIN');
    expect(namesAsked(upstream)).toEqual([]);
  });
});
