// What was measured: shown as a table, kept as JSON together with where and when.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

export interface Row {
  readonly name: string;
  /** With its unit: `61,200/s`, `0.93`, `412 B`. */
  readonly value: string;
  /** What the project promises, and whether it is met; undefined where nothing is promised. */
  readonly goal?: string | undefined;
  readonly met?: boolean | undefined;
}

/** One figure's outcome: rows for people, and the raw numbers of every run. */
export interface Outcome {
  readonly rows: readonly Row[];
  readonly raw: unknown;
}

export function goal(
  value: number,
  limit: number,
  kind: 'atLeast' | 'atMost',
  text: string,
): Pick<Row, 'goal' | 'met'> {
  const sign = kind === 'atLeast' ? '>=' : '<=';
  return { goal: `${sign} ${text}`, met: kind === 'atLeast' ? value >= limit : value <= limit };
}

/** `61,234` */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function printOutcome(title: string, { rows }: Outcome): void {
  const width = Math.max(...rows.map(({ name }) => name.length));
  process.stdout.write(`\n${title}\n`);
  for (const { name, value, goal: wanted, met } of rows) {
    const verdict = wanted === undefined ? '' : `  goal ${wanted}: ${met ? 'met' : 'NOT MET'}`;
    process.stdout.write(`  ${name.padEnd(width)}  ${value.padStart(16)}${verdict}\n`);
  }
}

/** Where and when. */
export function circumstances(): Record<string, unknown> {
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memory: totalmem(),
    kernel: release(),
    node: process.version,
    load: readFileSync('/proc/loadavg', 'utf8').trim(),
    commit: versionOf(['git', 'rev-parse', '--short', 'HEAD']),
    etcd: versionOf(['etcd', '--version']),
    knot: versionOf(['knotd', '-V']),
    bind: versionOf(['named', '-v']),
    pdns: versionOf(['pdns_server', '--version']),
    dnsmasq: versionOf(['dnsmasq', '-v']),
    unbound: versionOf(['unbound', '-V']),
  };
}

function versionOf([file, ...args]: readonly [string, ...string[]]): string {
  try {
    const text = execFileSync('sh', ['-c', '"$@" 2>&1', 'sh', file, ...args], { encoding: 'utf8' });
    return text.split('\n')[0] ?? '';
  } catch {
    return 'not there';
  }
}

export function writeResults(path: string, results: Record<string, unknown>): void {
  writeFileSync(path, `${JSON.stringify({ ...circumstances(), ...results }, undefined, 2)}\n`);
}
