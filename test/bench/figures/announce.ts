// Services that announce themselves: until they are answered, until they are gone, and what very many of them cost etcd.
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Holder } from '../../../src/announce/holder.ts';
import { recordsOf } from '../../../src/announce/records.ts';
import { realClock } from '../../../src/base/clock.ts';
import { silent } from '../../../src/base/log.ts';
import { EtcdRegistry } from '../../../src/registry/etcd.ts';
import { isProblem } from '../../../src/service/problem.ts';
import { freePort } from '../../support/ports.ts';
import type { Figure, Pace } from '../figure.ts';
import { Client, Type } from '../harness/ask.ts';
import type { TestBed } from '../harness/bed.ts';
import { monotonicMs } from '../harness/monotonic.ts';
import { cpuSeconds } from '../harness/proc.ts';
import { progress } from '../harness/progress.ts';
import type { Outcome, Row } from '../harness/results.ts';
import type { Running } from '../harness/running.ts';
import { percentile, random } from '../harness/stats.ts';
import { ENTRY, spawnFingerpost } from '../servers/fingerpost.ts';

const PROBER = fileURLToPath(new URL('../processes/prober.ts', import.meta.url));
/** What the prober reads off an answer that there is no such name: the last field of the SOA record, the negative TTL. */
const GONE = '0.0.0.10';
const MANY = 2_000;
/** Seconds. */
const LEASE = 15;
const KILLED_LEASE = 5;
/** So many may die at once without being held for their sake (`--expiry-guard`). */
const FEW = 8;
/** How often a killed one is asked for, in milliseconds. */
const ASK_MS = 5;

interface Place {
  readonly bed: TestBed;
  readonly registry: EtcdRegistry;
  readonly etcd: { readonly endpoint: string; readonly pid: number };
  readonly port: number;
}

function hold(holder: Holder, name: string, host: string, told: () => void = () => {}) {
  const records = recordsOf('/skydns', { name, label: 'a', host, port: 80 }, holder.owner);
  if (isProblem(records)) throw new Error(records.problem);
  return holder.hold({ name, records, replace: false, told });
}

/** When the prober had another answer, in milliseconds of the monotonic clock. */
async function arrival(prober: Running, address: string): Promise<number> {
  return (JSON.parse(await prober.line(new RegExp(`"${address}"`))) as { at: number }).at;
}

/** One service comes and goes: from the wish to the answer, in milliseconds. */
async function comings(place: Place, rounds: number): Promise<{ came: number[]; went: number[] }> {
  const holder = new Holder({ registry: place.registry, ttl: LEASE, logger: silent });
  const prober = place.bed.start([process.execPath, PROBER, `${place.port}`, 'a.web.skydns.local']);
  await arrival(prober, GONE);
  const [came, went]: [number[], number[]] = [[], []];
  // The first one, which connects, is not counted.
  for (let i = 0; i <= rounds; i++) {
    const host = `10.1.${i >> 8}.${i & 255}`;
    const wished = monotonicMs();
    const held = hold(holder, 'web.skydns.local', host);
    const answered = (await arrival(prober, host)) - wished;
    const unwished = monotonicMs();
    const gone = holder.withdraw(held);
    const unanswered = (await arrival(prober, GONE)) - unwished;
    if (i > 0) came.push(answered);
    if (i > 0) went.push(unanswered);
    await gone;
    await delay(10);
  }
  await prober.stop();
  holder.close();
  return { came, went };
}

/** Programs that are killed at any moment of their lease: from the kill to the answer without them, in milliseconds. */
async function killed(place: Place, count: number): Promise<number[]> {
  const client = await Client.open(place.port);
  const next = random(1);
  const one = async (i: number) => {
    const name = `killed${i}.skydns.local`;
    const program = place.bed.start([
      ...[process.execPath, ENTRY, 'announce', name, '--host', '10.0.0.1', '--port', '80'],
      ...['--registry', `etcd://${place.etcd.endpoint}`, '--lease', `${KILLED_LEASE}`, '--wait'],
    ]);
    await program.line(/^fingerpost announced/);
    await delay(next() * KILLED_LEASE * 1000);
    const began = monotonicMs();
    process.kill(program.pid, 'SIGKILL');
    for (;;) {
      const reply = await client.ask(name, Type.A);
      if (((reply?.[3] ?? 0) & 15) === 3) return monotonicMs() - began;
      await delay(ASK_MS);
    }
  };
  const times = await Promise.all(Array.from({ length: count }, (_, i) => one(i)));
  client.close();
  return times;
}

interface Load {
  readonly registeredMs: number;
  readonly visibleMs: number;
  readonly goneMs: number;
  /** Of one core, by etcd, while the leases are held, and before there were any. */
  readonly share: number;
  readonly idleShare: number;
}

async function many(place: Place, seconds: number): Promise<Load> {
  const client = await Client.open(place.port);
  const share = async () => {
    const before = cpuSeconds(place.etcd.pid);
    await delay(seconds * 1000);
    return (cpuSeconds(place.etcd.pid) - before) / seconds;
  };
  const answered = async (rcode: number) => {
    for (let i = 0; i < MANY; ) {
      const reply = await client.ask(`a.s${i}.skydns.local`, Type.A);
      if (((reply?.[3] ?? 15) & 15) === rcode) i += 1;
    }
  };
  const idleShare = await share();
  const holder = new Holder({ registry: place.registry, ttl: LEASE, logger: silent });
  const began = monotonicMs();
  let left = MANY;
  const held = await new Promise<ReturnType<typeof hold>[]>((resolve) => {
    const all = Array.from({ length: MANY }, (_, i) =>
      hold(holder, `s${i}.skydns.local`, `10.2.${i >> 8}.${i & 255}`, () => {
        left -= 1;
        if (left === 0) resolve(all);
      }),
    );
  });
  const registeredMs = monotonicMs() - began;
  await answered(0);
  const visibleMs = monotonicMs() - began;
  const heldShare = await share();
  const ended = monotonicMs();
  await Promise.all(held.map((one) => holder.withdraw(one)));
  await answered(3);
  const goneMs = monotonicMs() - ended;
  holder.close();
  client.close();
  return { registeredMs, visibleMs, goneMs, share: heldShare, idleShare };
}

function timesRows(name: string, times: readonly number[], digits: number, unit: 'ms' | 's'): Row[] {
  const text = (p: number) => (percentile(times, p) / (unit === 's' ? 1000 : 1)).toFixed(digits);
  return [{ name: `${name}, p50 and p99`, value: `${text(0.5)}, ${text(0.99)} ${unit}` }];
}

export const announce: Figure = {
  name: 'announce',
  title: 'Services that announce themselves, over one etcd and one server',
  async measure(bed: TestBed, pace: Pace): Promise<Outcome> {
    const etcd = await bed.etcd();
    const registry = new EtcdRegistry(
      { url: `etcd://${etcd.endpoint}`, prefix: '/skydns', hosts: [etcd.endpoint] },
      { logger: silent, clock: realClock },
    );
    bed.keep(() => registry.close());
    const port = await freePort();
    await spawnFingerpost(bed, { port, etcd: etcd.endpoint }).line(/ready/);
    const place = { bed, registry, etcd, port };
    const rounds = pace.quick ? 50 : 1_000;
    progress(`${rounds} times announced and taken out`);
    const { came, went } = await comings(place, rounds);
    progress('killed');
    const killedMs: number[] = [];
    for (let wave = 0; wave < (pace.quick ? 1 : 4); wave++)
      killedMs.push(...(await killed(place, pace.quick ? 4 : FEW)));
    progress(`${MANY} services of one process`);
    const load = await many(place, pace.quick ? LEASE / 3 : 2 * LEASE);
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
    const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
    return {
      rows: [
        ...timesRows('announced to first right answer', came, 1, 'ms'),
        ...timesRows('taken out to gone', went, 1, 'ms'),
        ...timesRows(`kill -9 to gone, lease ${KILLED_LEASE} s`, killedMs, 1, 's'),
        { name: `${MANY} of one process: registered`, value: seconds(load.registeredMs) },
        { name: 'all of them answered', value: seconds(load.visibleMs) },
        { name: 'all of them taken out and gone', value: seconds(load.goneMs) },
        { name: 'etcd while they are held, of a core', value: percent(load.share) },
        { name: 'etcd before', value: percent(load.idleShare) },
      ],
      raw: { came, went, killedMs, ...load },
    };
  },
};
