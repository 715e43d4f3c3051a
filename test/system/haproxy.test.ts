// HAProxy with deploy/examples/haproxy.cfg over announced HTTP services under steady load: one dies, two come, weights
// change, etcd is away. Each test begins where the one before it ended.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TestEtcd } from '../support/etcd.ts';
import { Haproxy, type Rotated } from '../support/haproxy.ts';
import { freePort } from '../support/ports.ts';
import { ROOT, type Running } from '../support/program.ts';
import { Requests, type Result, request } from '../support/requests.ts';
import { Scene } from '../support/scene.ts';

const SERVICE = join(ROOT, 'test/system/processes/http-service.ts');
/** Seconds. */
const LEASE = 8;
const AWAY_MS = 30_000;
/** HAProxy asks every second and holds for another one; the rest is for machines that are busy. */
const BUSY_MS = 20_000;
const soon = { timeout: 30_000, interval: 100 };

/**
 * The backend of the example without its patience: a request that meets a dead server fails, so that it shows what
 * DNS alone does.
 */
const bare = (port: number): string => `
frontend www-bare
    bind 127.0.0.1:${port}
    default_backend bare
backend bare
    balance roundrobin
    retries 0
    server-template bare 10 _http._tcp.web.skydns.local resolvers fingerpost resolve-prefer ipv4 resolve-opts allow-dup-ip init-addr none
`;

interface Member {
  readonly name: string;
  readonly port: number;
  readonly service: Running;
  announcer: Running;
}

const scene = new Scene();
const members = new Map<string, Member>();
let folder: string;
let etcd: TestEtcd;
let haproxy: Haproxy;
/** Requests to the example's frontend, and to the one without patience. */
let patient: Requests;
let impatient: Requests;

function announce(name: string, port: number, ...more: readonly string[]): Promise<Running> {
  const where = ['--registry', `etcd://${etcd.endpoint}`, '--host', '127.0.0.1', '--port', `${port}`];
  const as = ['--srv', '_http._tcp', '--label', name, '--lease', `${LEASE}`];
  return scene.program(['announce', 'web.skydns.local', ...where, ...as, ...more], { cwd: folder });
}

async function start(name: string): Promise<void> {
  const port = await freePort();
  const service = scene.run(process.execPath, [SERVICE, '127.0.0.1', `${port}`, name], { cwd: folder });
  await service.line(/listening/);
  members.set(name, { name, port, service, announcer: await announce(name, port) });
}

/** Another announcer takes the label, with another weight; the one before it ends. */
async function weigh(name: string, weight: number): Promise<void> {
  const member = members.get(name)!;
  const before = member.announcer;
  member.announcer = await announce(name, member.port, '--replace', '--weight', `${weight}`);
  await before.end();
}

const portOf = (name: string): number => members.get(name)!.port;
const ports = (rotation: readonly Rotated[]): number[] => rotation.map(({ port }) => port);

/** Waits until these are in rotation, in both backends. */
async function rotates(...names: readonly string[]): Promise<void> {
  const expected = names.map(portOf).sort((a, b) => a - b);
  for (const backend of ['web', 'bare'])
    await vi.waitFor(async () => expect(ports(await haproxy.rotation(backend))).toEqual(expected), soon);
}

const failed = (results: readonly Result[]): Result[] => results.filter(({ ok }) => !ok);
const since = (requests: Requests, time: number): Result[] =>
  requests.results.filter(({ begun }) => begun >= time);

/** Waits until so many requests have ended that were begun from now on. */
async function next(requests: Requests, count: number): Promise<Result[]> {
  const from = performance.now();
  await vi.waitFor(() => expect(since(requests, from).length).toBeGreaterThanOrEqual(count), {
    ...soon,
    timeout: 60_000,
  });
  return since(requests, from);
}

const namesIn = (results: readonly Result[]): string[] =>
  [...new Set(results.map(({ body }) => body))].sort();

beforeAll(async () => {
  folder = await scene.folder();
  etcd = await scene.etcd();
  const zone = ['--zone', 'skydns.local,weights=65535'];
  const server = await scene.server(['--registry', `etcd://${etcd.endpoint}`, ...zone]);
  await Promise.all(['a', 'b', 'c'].map(start));
  const [www, other] = [await freePort(), await freePort()];
  const example = readFileSync(join(ROOT, 'deploy/examples/haproxy.cfg'), 'utf8');
  const socket = join(folder, 'admin.sock');
  const moved = example
    .replace('127.0.0.1:5300', `127.0.0.1:${server.port}`)
    .replace('127.0.0.1:8080', `127.0.0.1:${www}`)
    .replace('/run/haproxy/admin.sock', socket);
  haproxy = Haproxy.start(scene, folder, `${moved}${bare(other)}`, socket);
  await rotates('a', 'b', 'c');
  const [first, second] = [`http://127.0.0.1:${www}/`, `http://127.0.0.1:${other}/`];
  for (const url of [first, second])
    await vi.waitFor(async () => expect(await request(url)).toMatchObject({ ok: true }), soon);
  patient = Requests.start(first, 2, 20);
  impatient = Requests.start(second, 1, 20);
});

afterAll(() => Promise.all([patient?.stop(), impatient?.stop()]));

describe('HAProxy over announced services', () => {
  it('sends requests to all of them', async () => {
    expect(namesIn(await next(patient, 50))).toEqual(['a', 'b', 'c']);
    expect(failed([...patient.results, ...impatient.results])).toEqual([]);
  });

  it('drops one that was killed when its lease is over; meanwhile requests go to others', async () => {
    const { service, announcer, port } = members.get('a')!;
    const killed = performance.now();
    announcer.signal('SIGKILL');
    service.signal('SIGKILL');
    await rotates('b', 'c');
    const gone = performance.now();
    expect(ports(await haproxy.rotation('web'))).not.toContain(port);
    const after = [...(await next(patient, 50)), ...(await next(impatient, 50))];
    expect(failed(after)).toEqual([]);
    expect(namesIn(after)).toEqual(['b', 'c']);
    // With retries and redispatch nobody notices; without, every third request until it is out of rotation.
    expect(failed(patient.results)).toEqual([]);
    expect(gone - killed).toBeLessThan(LEASE * 1000 + BUSY_MS);
    const lost = failed(impatient.results);
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.filter(({ begun }) => begun < killed - 1000 || begun > gone)).toEqual([]);
    console.log(`kill -9 to out of rotation: ${Math.round(gone - killed)} ms with a lease of ${LEASE} s`);
    console.log(
      `failed since: 0 of ${since(patient, killed).length}; without retries ${lost.length} of ${since(impatient, killed).length}`,
    );
  });

  it('takes in two that come', async () => {
    const begun = performance.now();
    await Promise.all(['d', 'e'].map(start));
    await rotates('b', 'c', 'd', 'e');
    expect(namesIn(await next(patient, 100))).toEqual(['b', 'c', 'd', 'e']);
    expect(failed([...since(patient, begun), ...since(impatient, begun)])).toEqual([]);
  });

  it('gives each as many requests as its weight says, within 10 %', async () => {
    const begun = performance.now();
    const weights = { b: 10, c: 20, d: 30, e: 40 };
    await Promise.all(Object.entries(weights).map(([name, weight]) => weigh(name, weight)));
    await vi.waitFor(async () => {
      const rotation = await haproxy.rotation('web');
      const sum = rotation.reduce((total, { weight }) => total + weight, 0);
      for (const [name, weight] of Object.entries(weights)) {
        const share = rotation.find(({ port }) => port === portOf(name))?.weight ?? 0;
        expect(Math.abs((100 * share) / sum - weight)).toBeLessThan(1);
      }
    }, soon);
    const results = await next(patient, 600);
    for (const [name, weight] of Object.entries(weights)) {
      const share = (100 * results.filter(({ body }) => body === name).length) / results.length;
      console.log(`${name}: ${share.toFixed(1)} % of ${results.length} requests, weight ${weight}`);
      expect(Math.abs(share - weight)).toBeLessThanOrEqual(weight / 10);
    }
    expect(failed([...since(patient, begun), ...since(impatient, begun)])).toEqual([]);
  });

  it('goes on while etcd is away, and no request fails', async () => {
    const left = performance.now();
    await etcd.stop();
    await delay(AWAY_MS);
    await etcd.start();
    await next(patient, 200);
    await rotates('b', 'c', 'd', 'e');
    expect(namesIn(await next(patient, 100))).toEqual(['b', 'c', 'd', 'e']);
    expect(failed([...since(patient, left), ...since(impatient, left)])).toEqual([]);
    console.log(`etcd away for ${AWAY_MS / 1000} s: ${since(patient, left).length} requests, none failed`);
  });
});
