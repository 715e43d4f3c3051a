// Names outside the zones, answered by other servers through ours.
import { beforeAll, describe, expect, it } from 'vitest';
import { dig, records, short, status } from '../support/dig.ts';
import { type Knot, startKnot } from '../support/knot.ts';
import { PATIENT, Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';
import { loadServices } from '../support/services.ts';

const ADDRESSES = Array.from({ length: 100 }, (_, i) => `big A 192.0.2.${i + 1}`).join('\n');
const EXAMPLE = `$ORIGIN example.com.
$TTL 300
@ SOA ns hostmaster 1 7200 1800 86400 60
@ NS ns
ns A 127.0.0.1
www A 192.0.2.80
www AAAA 2001:db8::80
alias CNAME www
unknown TYPE65280 \\# 4 01020304
${ADDRESSES}
`;
const STUBBED = `$ORIGIN stubbed.test.
$TTL 300
@ SOA ns hostmaster 1 7200 1800 86400 60
@ NS ns
ns A 127.0.0.1
host A 198.51.100.1
`;

const scene = new Scene();
let upstream: Knot;
let stub: Knot;
let server: TestServer;
let folder = '';

beforeAll(async () => {
  upstream = await startKnot(scene, { 'example.com': EXAMPLE });
  stub = await startKnot(scene, { 'stubbed.test': STUBBED });
  folder = await scene.folder();
  await loadServices(scene, folder, {
    'a.web.skydns.local': { host: '10.0.0.1', port: 80 },
    'outside.skydns.local': { host: 'alias.example.com', port: 80, mail: true },
    'nowhere.skydns.local': { host: 'nothing.example.com', port: 80 },
    'failing.skydns.local': { host: 'host.elsewhere.test', port: 80 },
  });
  const { port } = upstream.address;
  server = await scene.server(
    [
      ...PATIENT,
      ...['--forward', `127.0.0.1:${port}`, '--search', 'skydns.local', '--local', 'web.skydns.local'],
      ...['--stub', `stubbed.test=127.0.0.1:${stub.address.port}`, '--workers', '1'],
    ],
    { cwd: folder },
  );
});

describe('a name outside', () => {
  it('is answered by other servers, twice alike, TTLs counting down', async () => {
    for (let time = 0; time < 3; time++) {
      const [record = ''] = await records('answer', server.address, 'www.example.com');
      expect(record).toMatch(/^www\.example\.com\. (300|29\d) IN A 192\.0\.2\.80$/);
    }
    expect(await short(server.address, 'alias.example.com', 'AAAA')).toEqual([
      '2001:db8::80',
      'www.example.com.',
    ]);
  });

  it('says RA, and not AA', async () => {
    const text = await dig(server.address, 'www.example.com');
    expect(/flags: ([a-z ]+);/.exec(text)?.[1]).toBe('qr rd ra');
    expect(/flags: ([a-z ]+);/.exec(await dig(server.address, 'web.skydns.local'))?.[1]).toBe('qr aa rd ra');
  });

  it('that does not exist is NXDOMAIN with the SOA of its zone', async () => {
    expect(await status(server.address, 'nothing.example.com')).toBe('NXDOMAIN');
    const [soa = ''] = await records('authority', server.address, 'nothing.example.com');
    expect(soa).toMatch(/^example\.com\. \d+ IN SOA /);
  });

  it('too long for UDP comes over TCP', async () => {
    expect(await dig(server.address, '+ignore', 'big.example.com')).toMatch(/flags: qr tc rd ra/);
    expect(await short(server.address, 'big.example.com')).toHaveLength(100);
  });

  it('may have a type that nobody here knows', async () => {
    expect(await short(server.address, 'unknown.example.com', 'TYPE65280')).toEqual(['\\# 4 01020304']);
  });

  it('with a question that the other server refuses is refused', async () => {
    expect(await status(server.address, 'www.elsewhere.test')).toBe('REFUSED');
  });
});

describe('names that never leave', () => {
  it.each([
    ['localhost', 'A', ['127.0.0.1']],
    ['any.localhost', 'AAAA', ['::1']],
    ['1.0.0.127.in-addr.arpa', 'PTR', ['localhost.']],
  ])('%s %s', async (name, type, answers) => {
    expect(await short(server.address, name, type)).toEqual(answers);
  });

  it.each(['x.invalid', '1.2.3.10.in-addr.arpa', 'plain'])('%s', async (name) => {
    expect(await status(server.address, name)).toBe('NXDOMAIN');
  });
});

describe('a service outside', () => {
  it('is answered with its addresses, in full', async () => {
    expect(await short(server.address, 'outside.skydns.local')).toEqual([
      '192.0.2.80',
      'alias.example.com.',
      'www.example.com.',
    ]);
    for (const type of ['SRV', 'MX']) {
      const additional = await records('additional', server.address, 'outside.skydns.local', type);
      expect(additional.map((line) => line.replace(/ \d+ IN /, ' ')).sort()).toEqual([
        'alias.example.com. CNAME www.example.com.',
        'www.example.com. A 192.0.2.80',
        'www.example.com. AAAA 2001:db8::80',
      ]);
    }
  });

  it('has a TTL no longer than the service', async () => {
    for (const record of await records('answer', server.address, 'outside.skydns.local'))
      expect(Number(record.split(' ')[1])).toBeLessThanOrEqual(30);
  });

  it('without addresses is an alias without addresses', async () => {
    expect(await status(server.address, 'nowhere.skydns.local')).toBe('NOERROR');
    expect(await short(server.address, 'nowhere.skydns.local')).toEqual(['nothing.example.com.']);
  });

  it('whose addresses cannot be found out is SERVFAIL, its SRV record stays', async () => {
    expect(await status(server.address, 'failing.skydns.local')).toBe('SERVFAIL');
    expect(await short(server.address, 'failing.skydns.local', 'SRV')).toEqual([
      '10 100 80 host.elsewhere.test.',
    ]);
  });
});

describe('stub zones', () => {
  it('are asked of their own servers', async () => {
    expect(await short(server.address, 'host.stubbed.test')).toEqual(['198.51.100.1']);
  });

  it('come from the registry, and go', async () => {
    const other = await scene.folder();
    const second = await scene.server(PATIENT, { cwd: other });
    expect(await status(second.address, 'host.stubbed.test')).toBe('REFUSED');
    // example.com is /com/example below stub: so stubbed.test is /test/stubbed.
    const name = 'ns1.stubbed.test.stub.dns.skydns.local';
    const value = JSON.stringify({ host: '127.0.0.1', port: stub.address.port });
    expect((await scene.call(['put', name, value], { cwd: other })).code).toBe(0);
    await expect
      .poll(() => short(second.address, 'host.stubbed.test'), { timeout: 30_000 })
      .toEqual(['198.51.100.1']);
    expect((await scene.call(['rm', name], { cwd: other })).code).toBe(0);
    await expect.poll(() => status(second.address, 'host.stubbed.test'), { timeout: 30_000 }).toBe('REFUSED');
  });
});

describe('names as people type them', () => {
  it('are found with the search domain that was added', async () => {
    expect(await records('answer', server.address, 'www.example.com.skydns.local')).toEqual([
      'www.example.com.skydns.local. 10 IN CNAME www.example.com.',
      expect.stringMatching(/^www\.example\.com\. \d+ IN A 192\.0\.2\.80$/),
    ]);
    expect(await status(server.address, 'nothing.example.com.skydns.local')).toBe('NXDOMAIN');
  });

  it('local.dns stands for a name', async () => {
    expect(await records('answer', server.address, 'local.dns.skydns.local')).toEqual([
      'local.dns.skydns.local. 30 IN A 10.0.0.1',
    ]);
  });
});
