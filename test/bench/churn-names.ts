// The names whose services come and go while the server is under churn.
import { random } from './harness/stats.ts';

/** Few enough that the parent of all still fits into one message of 64 KiB: what fits of more depends on their order. */
const GROUPS = 200;
const MEMBERS = 4;
const DELETED = 0.3;

export interface Member {
  readonly name: string;
  readonly key: string;
}

/** `m2.churn17.staging.skydns.local` and its key, for every group and member. */
export const members: readonly Member[] = Array.from({ length: GROUPS * MEMBERS }, (_, i) => {
  const group = `churn${Math.floor(i / MEMBERS)}`;
  const own = `m${i % MEMBERS}`;
  return {
    name: `${own}.${group}.staging.skydns.local`,
    key: `/skydns/local/skydns/staging/${group}/${own}`,
  };
});

/** Members, their groups, what is above them, and names that never exist. */
export const askedNames: readonly string[] = [
  ...members.map(({ name }) => name),
  ...Array.from({ length: GROUPS }, (_, i) => `churn${i}.staging.skydns.local`),
  'staging.skydns.local',
  'skydns.local',
  'none.staging.skydns.local',
  'any.churn1.staging.skydns.local',
];

export type Change = { readonly key: string; readonly value: string | undefined };

/** `count` changes of different keys, as etcd wants them in one transaction; a value of undefined is a delete. */
export function changes(count: number, next: () => number): Change[] {
  const from = Math.floor(next() * members.length);
  return Array.from({ length: count }, (_, i) => {
    const { key } = members[(from + i * 7) % members.length] as Member;
    return { key, value: next() < DELETED ? undefined : recordText(next) };
  });
}

/** Records of every kind: addresses of both families, a text, shares and priorities of their own. */
function recordText(next: () => number): string {
  const n = Math.floor(next() * 65_536);
  const host = n % 5 === 0 ? `fd00::${n.toString(16)}` : `10.8.${n >> 8}.${n & 255}`;
  return JSON.stringify({
    host,
    port: 1 + (n % 65_535),
    priority: 1 + (n % 3),
    weight: 1 + (n % 100),
    ttl: 30 + (n % 3),
    ...(n % 4 === 0 ? { text: `text ${n}` } : {}),
  });
}

export const newRandom = (): (() => number) => random(3);
