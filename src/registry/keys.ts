// Which keys a registry touches: ranges below a key, and the checks that every write passes.
import { FingerpostError } from '../base/errors.ts';
import type { Condition, Write } from './registry.ts';

/** Keys from `start` up to but not including `end`, in the order of their UTF-8 bytes. */
export interface KeyRange {
  readonly start: string;
  readonly end: string;
}

/** The keys below `<key>/`. `/` is 0x2f and `0` is 0x30, so `<key>0` is the first string after them all. */
export function below(key: string): KeyRange {
  return { start: `${key}/`, end: `${key}0` };
}

/** Throws a FingerpostError `registry` unless `key` lies below `<prefix>/`. */
export function checkKey(prefix: string, key: string): void {
  if (key.startsWith(`${prefix}/`) && key.length > prefix.length + 1) return;
  throw new FingerpostError('registry', `key ${JSON.stringify(key)} does not lie below ${prefix}/`);
}

/** Throws a FingerpostError `registry` unless `ttl` is a time for a lease, in whole seconds. */
export function checkTtl(ttl: number): void {
  if (Number.isSafeInteger(ttl) && ttl >= 1) return;
  throw new FingerpostError(
    'registry',
    `a lease of ${ttl} seconds cannot be granted: whole seconds, 1 or more`,
  );
}

/** Throws a FingerpostError `registry` if a key lies outside the prefix, or occurs twice (which etcd refuses). */
export function checkWrites(prefix: string, writes: readonly Write[]): void {
  const seen = new Set<string>();
  for (const { key } of writes) {
    checkKey(prefix, key);
    if (seen.has(key)) {
      throw new FingerpostError('registry', `key ${JSON.stringify(key)} occurs twice in one transaction`);
    }
    seen.add(key);
  }
}

/** Throws a FingerpostError `registry` if a key lies outside the prefix. */
export function checkConditions(prefix: string, conditions: readonly Condition[]): void {
  for (const { key } of conditions) checkKey(prefix, key);
}
