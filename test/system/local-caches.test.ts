// unbound and dnsmasq in front of ours, as they stand on many hosts: what they pass on is what we say.
import { beforeAll, describe, expect, it } from 'vitest';
import { records, short, status } from '../support/dig.ts';
import { startKnot } from '../support/knot.ts';
import { startDnsmasq, startUnbound } from '../support/local-caches.ts';
import { PATIENT, Scene } from '../support/scene.ts';
import type { Address, TestServer } from '../support/server.ts';
import { loadServices } from '../support/services.ts';

const EXAMPLE = `$ORIGIN example.com.
$TTL 300
@ SOA ns hostmaster 1 7200 1800 86400 60
@ NS ns
ns A 127.0.0.1
www A 198.51.100.80
alias CNAME www
${Array.from({ length: 100 }, (_, i) => `big A 192.0.2.${i + 1}`).join('\n')}
`;
const SERVICES = {
  'a.web.skydns.local': { host: '192.0.2.1', port: 8080 },
  'b.web.skydns.local': { host: '192.0.2.2', port: 8081 },
  'alias.skydns.local': { host: 'web.skydns.local' },
  'outside.skydns.local': { host: 'alias.example.com', port: 80 },
  // A cache that knows a name as an alias takes all its types from where it leads: so another is asked for SRV.
  'where.skydns.local': { host: 'alias.example.com', port: 80 },
  'text.skydns.local': { text: 'hello' },
};

const scene = new Scene();
let server: TestServer;
let folder = '';

beforeAll(async () => {
  const knot = await startKnot(scene, { 'example.com': EXAMPLE });
  folder = await scene.folder();
  await loadServices(scene, folder, SERVICES);
  server = await scene.server([...PATIENT, '--forward', `127.0.0.1:${knot.address.port}`], { cwd: folder });
});

function inFront(what: string): Promise<Address> {
  const { host, port } = server.address;
  if (what === 'dnsmasq') return startDnsmasq(scene, server.address);
  return startUnbound(scene, ['forward-zone:', '  name: "."', `  forward-addr: ${host}@${port}`]);
}

/** The TTLs of the answers. */
async function ttls(at: Address, ...words: readonly string[]): Promise<number[]> {
  return (await records('answer', at, ...words)).map((line) => Number(line.split(' ')[1]));
}

describe.each(['unbound', 'dnsmasq'])('%s in front', (what) => {
  let cache: Address;

  beforeAll(async () => {
    cache = await inFront(what);
  });

  // From us, then from its memory.
  describe.each(['at first', 'again'])('%s', () => {
    it('finds services', async () => {
      expect(await short(cache, 'web.skydns.local')).toEqual(['192.0.2.1', '192.0.2.2']);
      expect(await short(cache, 'alias.skydns.local')).toEqual([
        '192.0.2.1',
        '192.0.2.2',
        'web.skydns.local.',
      ]);
      expect(await short(cache, 'web.skydns.local', 'SRV')).toEqual([
        '10 50 8080 a.web.skydns.local.',
        '10 50 8081 b.web.skydns.local.',
      ]);
      expect(await short(cache, 'text.skydns.local', 'TXT')).toEqual(['"hello"']);
    });

    it('finds services outside', async () => {
      expect(await short(cache, 'outside.skydns.local')).toEqual([
        '198.51.100.80',
        'alias.example.com.',
        'www.example.com.',
      ]);
      expect(await short(cache, 'where.skydns.local', 'SRV')).toEqual(['10 100 80 alias.example.com.']);
    });

    it('finds names outside', async () => {
      expect(await short(cache, 'alias.example.com')).toEqual(['198.51.100.80', 'www.example.com.']);
      expect(await short(cache, 'big.example.com')).toHaveLength(100);
    });

    it('is told what does not exist', async () => {
      expect(await status(cache, 'nothing.skydns.local')).toBe('NXDOMAIN');
      expect(await status(cache, 'nothing.example.com')).toBe('NXDOMAIN');
      expect(await status(cache, 'text.skydns.local')).toBe('NOERROR');
      expect(await short(cache, 'text.skydns.local')).toEqual([]);
    });

    it('keeps nothing for longer than we say', async () => {
      for (const ttl of await ttls(cache, 'web.skydns.local')) expect(ttl).toBeLessThanOrEqual(30);
      // Where an alias leads, unbound asks by itself.
      expect((await ttls(cache, 'outside.skydns.local'))[0]).toBeLessThanOrEqual(30);
      for (const ttl of await ttls(cache, 'alias.example.com')) expect(ttl).toBeLessThanOrEqual(300);
    });
  });

  it('has the changes once the time is over', async () => {
    const name = `${what}.moving.skydns.local`;
    const put = (host: string) =>
      scene.call(['put', name, JSON.stringify({ host, ttl: 1 })], { cwd: folder });
    for (const host of ['192.0.2.10', '192.0.2.11']) {
      expect((await put(host)).code).toBe(0);
      await expect.poll(() => short(cache, name), { timeout: 60_000 }).toEqual([host]);
    }
  });
});
