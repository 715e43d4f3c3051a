// What it costs that somebody looks on: the query log, dnstap with a reader, `top`; beside a server that nobody looks at.
import { join } from 'node:path';
import { freePort } from '../../support/ports.ts';
import { addressData, prepare } from '../course.ts';
import type { Figure } from '../figure.ts';
import type { TestBed } from '../harness/bed.ts';
import { type Contender, enter, rateRow, ratioOf, rawOf, rounds } from '../harness/contest.ts';
import { LOAD_CORE } from '../harness/dnsperf.ts';
import { progress } from '../harness/progress.ts';
import type { Outcome } from '../harness/results.ts';
import { fingerpost } from '../servers/fingerpost.ts';
import type { ServerKind } from '../servers/server.ts';

const SERVICES = 10_000;
const WORKERS = ['--workers', '1'] as const;

const off = fingerpost('nobody looks on', WORKERS);

function logging(sample: string): ServerKind {
  return {
    ...off,
    name: `query log at ${sample}`,
    start(bed, data) {
      const file = join(bed.folder('log'), 'queries');
      const flags = ['--query-log', file, '--query-log-sample', sample];
      return fingerpost('', [...WORKERS, ...flags]).start(bed, data);
    },
  };
}

/** The reader is on the other core, and throws away what it reads. */
const dnstap: ServerKind = {
  ...off,
  name: 'dnstap',
  async start(bed, data) {
    const socket = join(bed.folder('dnstap'), 'socket');
    const args = ['-t', 'protobuf:dnstap.Dnstap', '-u', socket, '-w', '/dev/null'];
    bed.start(['/usr/bin/fstrm_capture', ...args], { core: LOAD_CORE });
    return fingerpost('', [...WORKERS, '--dnstap', `unix:${socket}`]).start(bed, data);
  },
};

/** Asked once a second, as `fingerpost top` does. */
const top: ServerKind = {
  ...off,
  name: 'top',
  async start(bed, data) {
    const port = await freePort();
    const started = await fingerpost('', [...WORKERS, '--http', `127.0.0.1:${port}`]).start(bed, data);
    keepLooking(bed, `http://127.0.0.1:${port}/v1/top`);
    return started;
  },
};

function keepLooking(bed: TestBed, url: string): void {
  const script = `setInterval(() => fetch(${JSON.stringify(url)}).then((r) => r.text(), () => {}), 1000)`;
  bed.start([process.execPath, '-e', script], { core: LOAD_CORE });
}

export const observers: Figure = {
  name: 'observers',
  title: 'Query log, dnstap and top: answers a CPU-second',
  async measure(bed, pace): Promise<Outcome> {
    const course = await prepare(bed, `${SERVICES} names`, addressData(SERVICES, true));
    const contenders: Contender[] = [];
    for (const kind of [off, logging('1%'), logging('100%'), dnstap, top]) {
      progress(`${course.label}: ${kind.name}`);
      contenders.push(await enter(bed, kind, course, pace));
    }
    const all = await rounds(bed, contenders, course, pace);
    return {
      rows: [
        ...contenders.map(({ name }) => rateRow(course.label, all, name)),
        ...contenders.slice(1).map(({ name }) => {
          return { name: `${name} / ${off.name}`, value: ratioOf(all, name, off.name).toFixed(2) };
        }),
      ],
      raw: rawOf(all),
    };
  },
};
