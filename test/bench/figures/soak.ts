// A million hostile packets: the server stays alive, right, quiet, and as small as it was.
import { setTimeout as delay } from 'node:timers/promises';
import type { Figure, Pace } from '../figure.ts';
import { Client } from '../harness/ask.ts';
import type { TestBed } from '../harness/bed.ts';
import { fill } from '../harness/fill.ts';
import { floodTcp, floodUdp, stillRight } from '../harness/flood.ts';
import { residentBytes } from '../harness/proc.ts';
import { progress } from '../harness/progress.ts';
import { goal, type Outcome, whole } from '../harness/results.ts';
import { random } from '../harness/stats.ts';
import { hostile } from '../hostile.ts';
import { startFingerpost } from '../servers/fingerpost.ts';
import type { Started } from '../servers/server.ts';
import { serviceAt, services } from '../services.ts';

const SERVICES = 1_000;
/** Resident memory may waver by so much in the second half: by then code is compiled and the heap has its room. */
const FLAT_BYTES = 16e6;
const TCP_CONNECTIONS = 16_000;
const QUARTERS = 4;
const TCP_AT_ONCE = 20;
const PER_CONNECTION = 10;
/** What a log line looks like that tells of an exception or of an error. */
const TROUBLE =
  /exception|unhandled|mistake in the program|\b[A-Z]\w*Error\b|"level":(50|60|"error"|"fatal")|\bERROR\b/;

async function overTcp(port: number, connections: number, next: () => number): Promise<void> {
  for (let done = 0; done < connections; done += TCP_AT_ONCE) {
    await Promise.all(
      Array.from({ length: TCP_AT_ONCE }, () => {
        const packets = Array.from({ length: PER_CONNECTION }, () => hostile(next));
        return floodTcp(port, packets, next);
      }),
    );
  }
}

interface Soaked {
  readonly before: number;
  /** After each quarter. */
  readonly quarters: readonly number[];
  readonly trouble: readonly string[];
}

async function soakServer(
  { running, port }: Started,
  count: number,
  connections: number,
  next: () => number,
): Promise<Soaked> {
  const proof = serviceAt(7);
  const flood = async (part: number): Promise<number> => {
    await floodUdp(port, part, () => hostile(next), proof);
    await delay(2_000);
    return residentBytes(running.pid);
  };
  const before = residentBytes(running.pid);
  const quarters: number[] = [];
  for (let quarter = 1; quarter <= QUARTERS; quarter++) {
    await overTcp(port, connections / QUARTERS, next);
    quarters.push(await flood(count / QUARTERS));
    progress(`quarter ${quarter} is sent; resident ${whole((quarters.at(-1) ?? 0) / 1e6)} MB`);
  }
  const client = await Client.open(port);
  await stillRight(client, proof.name, proof.address);
  client.close();
  if (running.ended) throw new Error(`the server ended:\n${running.stderr}`);
  const trouble = running.stderr.split('\n').filter((line) => TROUBLE.test(line));
  return { before, quarters, trouble };
}

function outcomeOf(count: number, connections: number, seed: number, soaked: Soaked): Outcome {
  const { before, quarters, trouble } = soaked;
  const half = quarters[QUARTERS / 2 - 1] ?? Number.NaN;
  const last = quarters.at(-1) ?? Number.NaN;
  for (const line of trouble.slice(0, 5)) progress(`in the log: ${line}`);
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  const rows = [
    { name: 'packets over UDP', value: whole(count) },
    { name: 'messages over TCP', value: whole(connections * PER_CONNECTION) },
    { name: 'seed', value: `${seed}` },
    { name: 'resident before', value: megabytes(before) },
    { name: 'resident after each quarter', value: quarters.map(megabytes).join(', ') },
    {
      name: 'grown in the second half',
      value: megabytes(last - half),
      ...goal(last - half, FLAT_BYTES, 'atMost', megabytes(FLAT_BYTES)),
    },
    {
      name: 'exceptions and errors in the log',
      value: `${trouble.length}`,
      ...goal(trouble.length, 0, 'atMost', '0'),
    },
  ];
  return { rows, raw: soaked };
}

export const soak: Figure = {
  name: 'soak',
  title: 'Hostile packets',
  async measure(bed: TestBed, pace: Pace): Promise<Outcome> {
    const count = pace.quick ? 100_000 : 1_000_000;
    const seed = Date.now() % 1_000_000;
    progress(`${whole(count)} packets, seed ${seed}`);
    const etcd = await bed.etcd();
    await fill(etcd.endpoint, services(SERVICES));
    const started = await startFingerpost(bed, etcd.endpoint);
    const connections = pace.quick ? TCP_CONNECTIONS / 10 : TCP_CONNECTIONS;
    const soaked = await soakServer(started, count, connections, random(seed));
    return outcomeOf(count, connections, seed, soaked);
  },
};
