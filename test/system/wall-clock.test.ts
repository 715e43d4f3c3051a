// A wall clock that is set while the server runs: what other servers said is neither kept longer nor told with longer TTLs.
import { expect, it } from 'vitest';
import { records, short } from '../support/dig.ts';
import { startKnot } from '../support/knot.ts';
import { Scene } from '../support/scene.ts';
import { WallClock } from '../support/wall-clock.ts';

const EXAMPLE = `$ORIGIN example.com.
$TTL 300
@ SOA ns hostmaster 1 7200 1800 86400 60
@ NS ns
ns A 127.0.0.1
www A 192.0.2.80
other A 192.0.2.81
`;

const scene = new Scene();

it.each(['-2d', '+2d'])(
  'a clock set %s leaves the TTLs of other servers’ answers as they are',
  async (offset) => {
    const clock = new WallClock(await scene.folder());
    const upstream = await startKnot(scene, { 'example.com': EXAMPLE });
    const forward = ['--forward', `127.0.0.1:${upstream.address.port}`];
    const server = await scene.server(forward, { env: clock.env });
    const ttl = async () => {
      const [record = ''] = await records('answer', server.address, 'www.example.com');
      return Number(record.split(' ')[1]);
    };
    const first = await ttl();
    expect(first).toBeLessThanOrEqual(300);
    clock.set(offset);
    const later = await ttl();
    expect(later).toBeLessThanOrEqual(first);
    expect(later).toBeGreaterThan(100);
    expect(await short(server.address, 'other.example.com')).toEqual(['192.0.2.81']);
  },
);
