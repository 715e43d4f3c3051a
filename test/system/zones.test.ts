// Several zones, reverse zones given as networks, and what a zone's own settings change.
import { beforeAll, describe, expect, it } from 'vitest';
import { records, short, status } from '../support/dig.ts';
import { Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';
import { loadServices } from '../support/services.ts';

const ZONES = [
  'skydns.local',
  'inner.skydns.local',
  'other.test,match=exact,apex=subtree',
  '10.0.0.0/8',
  'fd00::/8',
].flatMap((zone) => ['--zone', zone]);

const scene = new Scene();
let server: TestServer;

beforeAll(async () => {
  const folder = await scene.folder();
  const services = {
    'a.skydns.local': { host: '10.0.0.1' },
    'b.inner.skydns.local': { host: '10.0.0.2' },
    'x1.web.other.test': { host: '10.0.0.3', targetstrip: 1 },
    'deep.x2.web.other.test': { host: '10.0.0.4' },
    '1.0.0.10.in-addr.arpa': { host: 'a.skydns.local' },
    [`1${'.0'.repeat(29)}.d.f.ip6.arpa`]: { host: 'v6.skydns.local' },
  };
  await loadServices(scene, folder, services, ...ZONES);
  server = await scene.server(ZONES, { cwd: folder });
});

describe('zones', () => {
  it('are all answered, the longest match first', async () => {
    expect(await short(server.address, 'a.skydns.local')).toEqual(['10.0.0.1']);
    expect(await short(server.address, 'b.inner.skydns.local')).toEqual(['10.0.0.2']);
    const soa = await records('authority', server.address, 'nothing.inner.skydns.local');
    expect(soa[0]).toMatch(/^inner\.skydns\.local\. 10 IN SOA ns\.dns\.inner\.skydns\.local\. /);
  });

  it('of reverse names answer dig -x', async () => {
    expect(await short(server.address, '-x', '10.0.0.1')).toEqual(['a.skydns.local.']);
    expect(await short(server.address, '-x', 'fd00::1')).toEqual(['v6.skydns.local.']);
    expect(await status(server.address, '-x', '10.9.9.9')).toBe('NXDOMAIN');
    expect(await status(server.address, '-x', '192.0.2.1')).toBe('REFUSED');
  });

  it('with match=exact answer with what is at the name, less targetstrip', async () => {
    expect(await short(server.address, 'web.other.test')).toEqual(['10.0.0.3']);
    expect(await short(server.address, 'deep.x2.web.other.test')).toEqual(['10.0.0.4']);
    expect(await status(server.address, 'x2.web.other.test')).toBe('NOERROR');
    expect(await short(server.address, 'x2.web.other.test')).toEqual([]);
  });

  it('answer at their apex only for themselves', async () => {
    expect(await status(server.address, 'skydns.local')).toBe('NOERROR');
    expect(await short(server.address, 'skydns.local')).toEqual([]);
  });

  it('with apex=subtree answer there with every service', async () => {
    expect(await short(server.address, 'other.test')).toEqual(['10.0.0.3', '10.0.0.4']);
  });
});
