// What Linux knows about a process: its CPU time and its memory (proc(5)).
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ: fixed at 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** The fields of /proc/PID/stat after the command's name, which may hold spaces. */
function statOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}

/** User and system time of a process, its threads and all its descendants, in seconds. */
export function cpuSeconds(pid: number): number {
  const fields = statOf(pid);
  // utime, stime, and those of children that have ended: fields 14 to 17 of proc(5), of which 3 is the first here.
  const own = [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i]), 0) / TICKS_PER_SECOND;
  return childrenOf(pid).reduce((sum, child) => sum + cpuSeconds(child), own);
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (line === null) throw new Error(`process ${pid} has no VmRSS`);
  return Number(line[1]) * 1024;
}

/** Whether every thread of a process stands still because of SIGSTOP: a signal that was sent takes a moment to arrive. */
export function isStopped(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((task) =>
    /^State:\s+T/m.test(readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8')),
  );
}
