// From the start of a process to all services read: fingerpost, and a bare read of the same keys.
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../support/ports.ts';
import { spawnFingerpost } from '../servers/fingerpost.ts';
import type { TestBed } from './bed.ts';
import { SERVER_CORE } from './dnsperf.ts';
import { residentBytes } from './proc.ts';

const BARE = fileURLToPath(new URL('../processes/bare-read.ts', import.meta.url));

export interface ServerRun {
  /** From the start of the process to its line with `ready`, in milliseconds. */
  readonly readyMs: number;
  readonly residentBytes: number;
}

export interface BareRun {
  /** From the start of the process to its end, in milliseconds. */
  readonly processMs: number;
  /** From the connect to the last key, in milliseconds. */
  readonly ms: number;
  readonly keys: number;
}

export async function serverRun(bed: TestBed, etcd: string, settleMs: number): Promise<ServerRun> {
  const port = await freePort();
  const begun = performance.now();
  const running = spawnFingerpost(bed, { port, etcd, core: SERVER_CORE });
  await running.line(/ready/);
  const readyMs = performance.now() - begun;
  await delay(settleMs);
  const resident = residentBytes(running.pid);
  await running.stop();
  return { readyMs, residentBytes: resident };
}

export async function bareRun(bed: TestBed, etcd: string): Promise<BareRun> {
  const begun = performance.now();
  const running = bed.start([process.execPath, BARE, etcd, '/skydns'], { core: SERVER_CORE });
  const line = await running.line(/keys/);
  await running.end();
  return { processMs: performance.now() - begun, ...JSON.parse(line) };
}
