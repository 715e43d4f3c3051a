// What it takes to run the program as a user without rights: a place that the user can read, and ports below 1024.
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync, cpSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import { MAIN, ROOT } from './program.ts';

/** A user that every Debian has and that owns nothing. */
export const NOBODY = { name: 'nobody', uid: 65534, group: 'nogroup', gid: 65534 } as const;

export const isRoot = process.getuid?.() === 0;

/** setpriv (util-linux): the words before a command that run it as nobody, with capabilities or without. */
export function asNobody(...capabilities: readonly string[]): readonly [string, ...string[]] {
  const set = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
  const sets = ['--inh-caps', '--ambient-caps', '--bounding-set'].map((flag) => `${flag}=${set}`);
  return ['/usr/bin/setpriv', `--reuid=${NOBODY.uid}`, `--regid=${NOBODY.gid}`, '--clear-groups', ...sets];
}

/** Packages that only development needs, by far the largest. */
const LEFT_OUT = ['.cache', '@biomejs', '@typescript', '@rolldown', 'vite', 'vitest', 'typescript'];

/**
 * The top of a tree with the program and all it needs that nobody can read: the repository, or a copy of it in `folder`
 * where that lies in a private place such as /root.
 */
export function readableRoot(folder: string): string {
  const [command, ...args] = asNobody();
  if (spawnSync(command, [...args, process.execPath, MAIN, '--version']).status === 0) return ROOT;
  for (const part of ['package.json', 'dist', 'src', 'test', 'node_modules']) {
    cpSync(join(ROOT, part), join(folder, part), {
      recursive: true,
      filter: (path) => !LEFT_OUT.some((name) => relative(ROOT, path) === join('node_modules', name)),
    });
  }
  chmodSync(folder, 0o755);
  return folder;
}

/** The first port that needs rights to be opened no more; 1024 unless the system is told otherwise. */
export function unprivilegedFrom(): number {
  return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
}

async function isFree(port: number): Promise<boolean> {
  const tcp = createServer();
  const udp = createSocket('udp4');
  try {
    tcp.listen(port, '127.0.0.1');
    await once(tcp, 'listening');
    udp.bind(port, '127.0.0.1');
    await once(udp, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    tcp.close();
    udp.close();
  }
}

/** A port below 1024 that is free on 127.0.0.1 over UDP and TCP; only root can look for it. */
export async function lowPort(): Promise<number> {
  for (let port = 1023; port > 0; port--) if (await isFree(port)) return port;
  throw new Error('no port below 1024 is free');
}

export interface ThreadRights {
  /** Real, effective, saved and file system user. */
  readonly uid: string;
  readonly gid: string;
  readonly groups: string;
  readonly permitted: bigint;
  readonly effective: bigint;
}

/** The rights of one thread, from its file in /proc. */
export function rightsIn(status: string): ThreadRights {
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1]?.trim() ?? '';
  return {
    uid: field('Uid').replace(/\s+/g, ' '),
    gid: field('Gid').replace(/\s+/g, ' '),
    groups: field('Groups'),
    permitted: BigInt(`0x${field('CapPrm')}`),
    effective: BigInt(`0x${field('CapEff')}`),
  };
}
