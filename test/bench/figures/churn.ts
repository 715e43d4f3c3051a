// 10,000 changes a second: whether queries are answered meanwhile, and answered rightly afterwards.
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../support/ports.ts';
import { askedNames } from '../churn-names.ts';
import type { Figure, Pace } from '../figure.ts';
import type { TestBed } from '../harness/bed.ts';
import { differences } from '../harness/compare.ts';
import { cpuSeconds } from '../harness/proc.ts';
import { progress } from '../harness/progress.ts';
import { goal, type Outcome, whole } from '../harness/results.ts';
import { spawnFingerpost } from '../servers/fingerpost.ts';
import type { Started } from '../servers/server.ts';

const WRITER = fileURLToPath(new URL('../processes/churn-writer.ts', import.meta.url));
const ASKER = fileURLToPath(new URL('../processes/latency-client.ts', import.meta.url));
const CHANGES_PER_SECOND = 10_000;
const QUERIES_PER_SECOND = 2_000;
/** How long the server may take to catch up after the last change. */
const CATCH_UP_MS = 30_000;

interface Written {
  readonly changes: number;
  readonly transactions: number;
  readonly seconds: number;
}

interface Asked {
  readonly sent: number;
  readonly answered: number;
  /** Latencies in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

interface Settled {
  readonly differences: readonly string[];
  readonly names: number;
  /** From the last change to the first comparison without a difference, in milliseconds. */
  readonly ms: number;
}

async function underChurn(
  bed: TestBed,
  etcd: string,
  { running, port }: Started,
  seconds: number,
): Promise<[Written, Asked, number]> {
  const asker = bed.start([process.execPath, ASKER, `${port}`, `${QUERIES_PER_SECOND}`]);
  await asker.line(/asking/);
  const cpu = cpuSeconds(running.pid);
  const writer = bed.start([process.execPath, WRITER, etcd, `${CHANGES_PER_SECOND}`, `${seconds}`]);
  const written = JSON.parse(await writer.line(/^\{/)) as Written;
  const busy = (cpuSeconds(running.pid) - cpu) / written.seconds;
  asker.tell('stop');
  const asked = JSON.parse(await asker.line(/^\{/)) as Asked;
  return [written, asked, busy];
}

/** Compares with a server started afresh, until there is no difference or the time is over. */
async function settle(bed: TestBed, etcd: string, port: number): Promise<Settled> {
  const begun = performance.now();
  const freshPort = await freePort();
  const fresh = spawnFingerpost(bed, { port: freshPort, etcd });
  await fresh.line(/ready/);
  for (;;) {
    const found = await differences(port, freshPort, askedNames);
    const ms = performance.now() - begun;
    if (found.length === 0 || ms > CATCH_UP_MS) return { differences: found, names: askedNames.length, ms };
    progress(`${found.length} answers differ, first ${found[0]}`);
    await delay(500);
  }
}

function outcomeOf(written: Written, asked: Asked, busy: number, settled: Settled): Outcome {
  const different = settled.differences.length;
  const share = (100 * asked.answered) / asked.sent;
  const rows = [
    { name: 'changes a second, asked for', value: whole(CHANGES_PER_SECOND) },
    { name: 'changes a second, really made', value: whole(written.changes / written.seconds) },
    { name: 'changes in one transaction', value: `${written.changes / written.transactions}` },
    { name: 'queries a second meanwhile', value: whole(QUERIES_PER_SECOND) },
    { name: 'CPU time that the server took meanwhile', value: `${(100 * busy).toFixed(0)} %` },
    { name: 'answered', value: `${share.toFixed(3)} %` },
    { name: 'latency p50', value: `${asked.p50.toFixed(2)} ms` },
    { name: 'latency p99', value: `${asked.p99.toFixed(2)} ms` },
    { name: 'latency, most', value: `${asked.most.toFixed(2)} ms` },
    { name: 'questions compared with a fresh server', value: whole(settled.names * 3) },
    { name: 'differences', value: `${different}`, ...goal(different, 0, 'atMost', '0') },
  ];
  return { rows, raw: { written, asked, busy, settled } };
}

export const churn: Figure = {
  name: 'churn',
  title: 'Answers while services change',
  async measure(bed: TestBed, pace: Pace): Promise<Outcome> {
    const etcd = await bed.etcd();
    const port = await freePort();
    const running = spawnFingerpost(bed, { port, etcd: etcd.endpoint });
    await running.line(/ready/);
    const started: Started = { running, port };
    const seconds = pace.quick ? 3 : 10;
    progress(`${CHANGES_PER_SECOND} changes a second for ${seconds} s`);
    const [written, asked, busy] = await underChurn(bed, etcd.endpoint, started, seconds);
    progress('comparing with a fresh server');
    return outcomeOf(written, asked, busy, await settle(bed, etcd.endpoint, started.port));
  },
};
