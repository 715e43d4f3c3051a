// How long answers take at a given rate: dnsperf reports each (-v), and the percentiles are taken of all of them.
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { TestBed } from './bed.ts';
import { dnsperfCommand, LOAD_CORE, type Load } from './dnsperf.ts';
import { percentile } from './stats.ts';

export interface Latency {
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly answers: number;
  readonly lost: number;
}

export async function latency(bed: TestBed, load: Load & { readonly rate: number }): Promise<Latency> {
  const path = `${bed.folder('latency')}/answers`;
  // To a file: whoever read a pipe would take processor time from those who are measured.
  const command = ['sh', '-c', `exec "$@" > ${path}`, 'sh', ...dnsperfCommand(load), '-v'];
  const run = bed.start(command, { core: LOAD_CORE });
  await run.end();
  return latencyIn(path);
}

/** Lines such as `> NOERROR x0.svc1.production.skydns.local A 0.000123`; T in the place of the code where none came. */
async function latencyIn(path: string): Promise<Latency> {
  const all: number[] = [];
  let lost = 0;
  const lines = createInterface({ input: createReadStream(path) });
  lines.on('line', (line) => {
    if (!line.startsWith('> ')) return;
    if (line.startsWith('> NOERROR ')) all.push(Number(line.slice(line.lastIndexOf(' ') + 1)) * 1_000);
    else lost += 1;
  });
  await once(lines, 'close');
  return { p50: percentile(all, 0.5), p99: percentile(all, 0.99), answers: all.length, lost };
}
