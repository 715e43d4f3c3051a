// Load by Debian's dnsperf, pinned to the other core, and what it counted.

import type { TestBed } from './bed.ts';
import { cpuSeconds } from './proc.ts';
import type { Running } from './running.ts';

export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

/** Which share of the answers has which code: NOERROR, NXDOMAIN... */
export type Codes = Readonly<Record<string, number>>;

export interface Load {
  readonly port: number;
  /** A file of lines `NAME TYPE`. */
  readonly queries: string;
  /** How long it is run through again and again; once through when left out. */
  readonly seconds?: number;
  /** Queries a second; as many as are answered when left out. */
  readonly rate?: number;
  /** Whether questions carry an OPT record (of 4096 bytes: servers then take their own 1232). */
  readonly edns?: boolean;
  /** A further EDNS option of every question, `code:hexadecimal digits`. */
  readonly option?: string;
  /** Sockets that ask, each from a port of its own; SOCKETS when left out. */
  readonly sockets?: number;
  /** Queries under way at the most; 200 when left out. */
  readonly underWay?: number;
  /** What must be answered; NOERROR throughout when left out, anything when empty. */
  readonly codes?: Codes;
}

export interface Answered {
  readonly sent: number;
  readonly answered: number;
  readonly seconds: number;
  /** Replies by their code. */
  readonly codes: Codes;
}

/** Few, as resolvers of a data centre ask: several replies of a batch go to the same. */
export const SOCKETS = 8;
/** Many, as programs ask by themselves: hardly any two replies of a batch go to the same. */
export const MANY_SOCKETS = 100;

/** Enough to keep a server busy without overrunning a default socket buffer. */
const UNDER_WAY = 200;

export function dnsperfCommand(load: Load): string[] {
  const length = load.seconds === undefined ? ['-n', '1'] : ['-l', `${load.seconds}`];
  const rate = load.rate === undefined ? [] : ['-Q', `${Math.round(load.rate)}`];
  return [
    ...['dnsperf', '-s', '127.0.0.1', '-p', `${load.port}`, '-d', load.queries],
    ...[
      '-c',
      `${load.sockets ?? SOCKETS}`,
      '-q',
      `${load.underWay ?? UNDER_WAY}`,
      '-t',
      '2',
      ...length,
      ...rate,
      ...(load.edns ? ['-e'] : []),
      ...(load.option === undefined ? [] : ['-E', load.option]),
    ],
  ];
}

export async function dnsperf(bed: TestBed, load: Load): Promise<Answered> {
  const run = bed.start(dnsperfCommand(load), { core: LOAD_CORE });
  const answered = await summaryOf(run, load.codes);
  await run.end();
  return answered;
}

async function summaryOf(run: Running, wanted: Codes = { NOERROR: 1 }): Promise<Answered> {
  const sent = numberIn(await run.line(/Queries sent:/, 600_000));
  const answered = numberIn(await run.line(/Queries completed:/));
  const codes = codesIn(await run.line(/Response codes:/));
  const seconds = numberIn(await run.line(/Run time/));
  checkCodes(codes, answered, wanted);
  return { sent, answered, seconds, codes };
}

/** Shares of mixed questions vary with where in the file a run ends. */
const TOLERANCE = 0.06;

/** A server that refuses is quick: only the answers that are due count. */
function checkCodes(codes: Codes, answered: number, wanted: Codes): void {
  for (const [code, share] of Object.entries(wanted)) {
    const seen = (codes[code] ?? 0) / answered;
    const off = Math.abs(seen - share);
    if (share === 1 ? off > 0 : off > TOLERANCE || Number.isNaN(off))
      throw new Error(`${code} is ${share} of the answers that are due: ${JSON.stringify(codes)}`);
  }
}

export function numberIn(line: string): number {
  return Number(/(\d+(\.\d+)?)/.exec(line)?.[1]);
}

function codesIn(line: string): Record<string, number> {
  return Object.fromEntries([...line.matchAll(/([A-Z]+) (\d+)/g)].map((m) => [m[1] as string, Number(m[2])]));
}

export interface Cost {
  /** Answers for each second of the server's CPU time. */
  readonly perCpuSecond: number;
  readonly answered: number;
  readonly cpu: number;
  /** Seconds that it took, by the clock. */
  readonly seconds: number;
  /** Share of queries that were answered. */
  readonly share: number;
}

/** Puts load on a server and measures the CPU time that its whole process tree took for it. */
export async function cost(bed: TestBed, pid: number, load: Load): Promise<Cost> {
  const before = cpuSeconds(pid);
  const { sent, answered, seconds } = await dnsperf(bed, load);
  const cpu = cpuSeconds(pid) - before;
  return { perCpuSecond: answered / cpu, answered, cpu, seconds, share: answered / sent };
}
