// Answers of every type as other implementations read them: dig (BIND), kdig (Knot), c-ares (Node's resolver).
import { Resolver } from 'node:dns/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { dig, kdig, records, short } from '../support/dig.ts';
import { Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';
import { loadServices } from '../support/services.ts';

const scene = new Scene();
const resolver = new Resolver({ timeout: 5_000, tries: 4 });
let server: TestServer;

const ZONES = ['--zone', 'skydns.local', '--zone', '10.0.0.0/8'];

beforeAll(async () => {
  const folder = await scene.folder();
  const services = {
    '1.rails.skydns.local': { host: '10.0.1.1', port: 8080, weight: 3 },
    '2.rails.skydns.local': { host: '10.0.1.2', port: 8080, weight: 1 },
    '3.rails.skydns.local': { host: 'fd00::3', port: 8080, priority: 20 },
    'www.skydns.local': { host: '1.rails.skydns.local' },
    'long.text.skydns.local': { text: `${'x'.repeat(255)}${'y'.repeat(100)} "quoted"` },
    'in.mail.skydns.local': { host: '10.0.3.25', mail: true, priority: 5 },
    'a.ns.dns.skydns.local': { host: '127.0.0.1' },
    '1.1.0.10.in-addr.arpa': { host: '1.rails.skydns.local' },
  };
  await loadServices(scene, folder, services, ...ZONES);
  server = await scene.server(ZONES, { cwd: folder });
  resolver.setServers([`${server.address.host}:${server.port}`]);
});

const QUESTIONS = [
  'rails.skydns.local A',
  'rails.skydns.local AAAA',
  'rails.skydns.local SRV',
  'www.skydns.local A',
  'www.skydns.local CNAME',
  'text.skydns.local TXT',
  'mail.skydns.local MX',
  'skydns.local NS',
  'skydns.local SOA',
  'skydns.local A',
  'rails.skydns.local ANY',
  '1.1.0.10.in-addr.arpa PTR',
  'nothing.skydns.local A',
  'rails.skydns.local HINFO',
  'version.bind CH TXT',
  'example.com A',
];

describe.each(QUESTIONS)('%s', (line) => {
  const words = line.split(' ');

  it.each([
    ['EDNS', []],
    ['no EDNS', ['+noedns']],
    ['TCP', ['+tcp']],
    ['a cookie, an ECS and DO', ['+cookie', '+subnet=10.0.0.0/8', '+dnssec']],
  ])('is read by dig without a complaint, with %s', async (_what, flags) => {
    const said = await dig(server.address, '+qr', ...flags, ...words);
    expect(said).toContain('flags: qr');
  });

  it.each([
    ['EDNS', ['+edns']],
    ['TCP', ['+tcp']],
    ['a name in odd case', ['+noedns']],
  ])('is read by kdig without a complaint, with %s', async (what, flags) => {
    const asked = what === 'a name in odd case' ? [words[0]!.toUpperCase(), ...words.slice(1)] : words;
    expect(await kdig(server.address, '+qr', ...flags, ...asked)).toMatch(/Flags: qr/);
  });
});

describe('dig', () => {
  it('shows the SOA of the zone where there is nothing', async () => {
    const soa = await records('authority', server.address, 'nothing.skydns.local', 'A');
    expect(soa).toHaveLength(1);
    expect(soa[0]).toMatch(
      /^skydns\.local\. 10 IN SOA ns\.dns\.skydns\.local\. hostmaster\.skydns\.local\. \d+ /,
    );
  });

  it('follows a CNAME within one reply', async () => {
    expect(await records('answer', server.address, 'www.skydns.local', 'A')).toEqual([
      'www.skydns.local. 30 IN CNAME 1.rails.skydns.local.',
      '1.rails.skydns.local. 30 IN A 10.0.1.1',
    ]);
  });

  it('finds the addresses of SRV targets beside them', async () => {
    const additional = await records('additional', server.address, 'rails.skydns.local', 'SRV');
    expect(additional.sort()).toEqual([
      '1.rails.skydns.local. 30 IN A 10.0.1.1',
      '2.rails.skydns.local. 30 IN A 10.0.1.2',
      '3.rails.skydns.local. 30 IN AAAA fd00::3',
    ]);
  });

  it('gets long text in pieces of 255 bytes', async () => {
    expect(await short(server.address, 'text.skydns.local', 'TXT')).toEqual([
      `"${'x'.repeat(255)}" "${'y'.repeat(100)} \\"quoted\\""`,
    ]);
  });

  it('learns the version, unless that is turned off', async () => {
    expect((await short(server.address, 'version.bind', 'CH', 'TXT'))[0]).toMatch(/^"fingerpost \d/);
    const quiet = await scene.server(['--chaos', 'off']);
    expect(await dig(quiet.address, 'version.bind', 'CH', 'TXT')).toContain('status: REFUSED');
  });

  it('is refused a name outside the zones, and a transfer', async () => {
    expect(await dig(server.address, 'example.com')).toContain('status: REFUSED');
    expect(await dig(server.address, 'skydns.local', 'AXFR')).toContain('Transfer failed');
  });
});

describe('c-ares', () => {
  it('reads SRV records', async () => {
    const srv = await resolver.resolveSrv('rails.skydns.local');
    expect(srv.sort((a, b) => a.name.localeCompare(b.name))).toEqual([
      expect.objectContaining({ name: '1.rails.skydns.local', port: 8080, priority: 10, weight: 75 }),
      expect.objectContaining({ name: '2.rails.skydns.local', port: 8080, priority: 10, weight: 25 }),
      expect.objectContaining({ name: '3.rails.skydns.local', port: 8080, priority: 20, weight: 100 }),
    ]);
  });

  it('reads every other type', async () => {
    expect((await resolver.resolve4('rails.skydns.local')).sort()).toEqual(['10.0.1.1', '10.0.1.2']);
    expect(await resolver.resolve4('www.skydns.local', { ttl: true })).toEqual([
      { address: '10.0.1.1', ttl: 30 },
    ]);
    expect(await resolver.resolve6('rails.skydns.local')).toEqual(['fd00::3']);
    expect(await resolver.resolveCname('www.skydns.local')).toEqual(['1.rails.skydns.local']);
    const text = [['x'.repeat(255), `${'y'.repeat(100)} "quoted"`]];
    expect(await resolver.resolveTxt('text.skydns.local')).toEqual(text);
    const mx = await resolver.resolveMx('mail.skydns.local');
    expect(mx).toEqual([expect.objectContaining({ exchange: 'in.mail.skydns.local', priority: 5 })]);
    expect(await resolver.resolveNs('skydns.local')).toEqual(['a.ns.dns.skydns.local']);
    expect(await resolver.resolveSoa('skydns.local')).toMatchObject({
      nsname: 'ns.dns.skydns.local',
      minttl: 10,
    });
    expect(await resolver.reverse('10.0.1.1')).toEqual(['1.rails.skydns.local']);
  });

  it('tells what does not exist from what has no such type', async () => {
    await expect(resolver.resolve4('nothing.skydns.local')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(resolver.resolveMx('rails.skydns.local')).rejects.toMatchObject({ code: 'ENODATA' });
  });
});

describe('fingerpost lookup', () => {
  it('prints what dig prints', async () => {
    const at = `@${server.address.host}:${server.port}`;
    const { code, stdout } = await scene.call(['lookup', 'rails.skydns.local', 'SRV', at]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^rails\.skydns\.local\. +30 +IN +SRV +10 75 8080 1\.rails\.skydns\.local\.$/m);
    expect(stdout).toMatch(/^;; NOERROR, flags: qr aa rd, 3 answers$/m);
  });
});
