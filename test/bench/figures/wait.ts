// A service written over HTTP until all of three servers answer with it, as `GET /v1/wait` tells.
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../../support/ports.ts';
import type { Figure, Pace } from '../figure.ts';
import type { TestBed } from '../harness/bed.ts';
import { fill } from '../harness/fill.ts';
import { progress } from '../harness/progress.ts';
import type { Outcome, Row } from '../harness/results.ts';
import { percentile } from '../harness/stats.ts';
import { spawnFingerpost } from '../servers/fingerpost.ts';
import { services } from '../services.ts';

const SERVERS = 3;
const SERVICES = 1_000;
/** Servers say how far they are once a second at most: so far apart, each write is told of at once. */
const APART_MS = 1_200;

/** Milliseconds that the write and the wait for it took. */
async function putAndWait(origin: string, i: number): Promise<number> {
  const began = performance.now();
  const put = await fetch(`${origin}/v1/services/waited.skydns.local`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ host: `10.9.${i >> 8}.${i & 255}`, port: 8080 }),
  });
  const { revision } = (await put.json()) as { revision: number };
  const wait = await fetch(`${origin}/v1/wait?revision=${revision}&timeout=60`);
  const { servers } = (await wait.json()) as { servers: readonly unknown[] };
  const took = performance.now() - began;
  if (wait.status !== 200 || servers.length !== SERVERS)
    throw new Error(`waited for ${servers.length} servers`);
  return took;
}

async function started(bed: TestBed, etcd: string): Promise<string> {
  const ports = await freePorts(2 * SERVERS);
  const running = Array.from({ length: SERVERS }, (_, i) => {
    const flags = ['--http', `127.0.0.1:${ports[2 * i + 1]}`, '--server-id', `s${i}`, '--workers', '1'];
    return spawnFingerpost(bed, { port: ports[2 * i] ?? 0, etcd, flags });
  });
  for (const server of running) await server.line(/ready/);
  return `http://127.0.0.1:${ports[1]}`;
}

function rowsOf(what: string, times: readonly number[]): Row[] {
  return [0.5, 0.99].map((p) => ({
    name: `${what}, p${p * 100}`,
    value: `${percentile(times, p).toFixed(1)} ms`,
  }));
}

export const wait: Figure = {
  name: 'wait',
  title: 'From a PUT over HTTP to the answer of three servers',
  async measure(bed: TestBed, pace: Pace): Promise<Outcome> {
    const count = pace.quick ? 10 : 100;
    const etcd = await bed.etcd();
    await fill(etcd.endpoint, services(SERVICES));
    const origin = await started(bed, etcd.endpoint);
    await delay(2 * APART_MS); // what they say of their start
    progress(`${count} writes apart, ${count} one after the other`);
    const apart: number[] = [];
    for (let i = 0; i < count; i++) {
      apart.push(await putAndWait(origin, i));
      await delay(APART_MS);
    }
    const together: number[] = [];
    for (let i = 0; i < count / 5; i++) together.push(await putAndWait(origin, count + i));
    return {
      rows: [...rowsOf('a write by itself', apart), ...rowsOf('writes one after the other', together)],
      raw: { apart, together },
    };
  },
};
