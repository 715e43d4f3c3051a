// How long ago a record was written, in the largest unit that says enough.
import type { Entry } from '../service/entry.ts';

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const;

/** `5s`, `3m`, `7h`, `12d`; `40 rev` where only revisions are known. */
export function ageOf({ writtenAt, revision }: Entry, latest: number, now: number): string {
  if (writtenAt === undefined) return `${Math.max(0, latest - revision)} rev`;
  const seconds = Math.max(0, Math.floor((now - writtenAt) / 1000));
  const [unit, size] = UNITS.find(([, length]) => seconds >= length * 2) ?? ['s', 1];
  return `${Math.floor(seconds / size)}${unit}`;
}
