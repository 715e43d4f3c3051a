// Who holds a record: written into it as a field that servers ignore, so that one who is dead is told from one who lives.
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { z } from 'zod';

export interface Owner {
  /** Random, a new one for every start. */
  readonly id: string;
  /** This boot of this machine, and which processes it sees there; undefined where the system does not tell. */
  readonly machine?: string | undefined;
  readonly pid?: number | undefined;
  /** When the process began, in ticks since the machine did: process ids are given out again. */
  readonly start?: string | undefined;
}

/** The owner of a record as we see it: ourselves, a process of this machine that is there or not, or one that we cannot see. */
export type Standing = 'self' | 'alive' | 'dead' | 'elsewhere';

const schema = z.object({
  announcer: z.object({
    id: z.string(),
    machine: z.string().optional(),
    pid: z.number().optional(),
    start: z.string().optional(),
  }),
});

/** A new owner in this process. */
export function newOwner(): Owner {
  const { pid } = process;
  return { id: randomBytes(8).toString('hex'), machine: machineOf(), pid, start: startOf(pid) };
}

/** The owner that a record's value (JSON) names; undefined for records that nobody announces. */
export function ownerOf(value: string): Owner | undefined {
  try {
    return schema.parse(JSON.parse(value)).announcer;
  } catch {
    return undefined;
  }
}

export function standingOf(owner: Owner, self: Owner): Standing {
  if (owner.id === self.id) return 'self';
  if (owner.machine === undefined || owner.machine !== self.machine || owner.pid === undefined)
    return 'elsewhere';
  return lives(owner.pid, owner.start) ? 'alive' : 'dead';
}

/** For people. */
export function ownerText(owner: Owner | undefined, standing: Standing): string {
  if (owner === undefined) return 'somebody who does not announce it';
  return standing === 'alive' ? `process ${owner.pid} of this machine` : 'another machine or container';
}

/** One word for the boot and the PID namespace; they are nobody's business, so it is a hash. */
function machineOf(): string | undefined {
  const boot = readText('/proc/sys/kernel/random/boot_id');
  if (boot === undefined) return undefined;
  return createHash('sha256').update(`${boot}${namespaceOf()}`).digest('hex').slice(0, 16);
}

function namespaceOf(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** Whether the process that began then is there still. What cannot be seen for lack of rights lives. */
function lives(pid: number, start: string | undefined): boolean {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const fields = fieldsOf(pid);
  // Z: it has ended, and its parent has not looked yet.
  return fields === undefined || (fields[0] !== 'Z' && fields[19] === start);
}

/** When a process began; undefined where that cannot be seen. */
function startOf(pid: number): string | undefined {
  return fieldsOf(pid)?.[19];
}

/** The fields of proc(5) `stat` from the state on. */
function fieldsOf(pid: number): string[] | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  // The name of the program, which may hold anything, ends at the last parenthesis.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
