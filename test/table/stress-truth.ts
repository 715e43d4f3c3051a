// What is true when, for the stress test: every answer names the name and the version that it was made from.
import type { TableMemory } from '../../src/table/layout.ts';
import { packet } from './questions.ts';
import type { Changes } from './world.ts';

/** Names that come and go, each with three members and a text. */
export const CHANGING = 5000;
/** Names that a wildcard answers for whenever they do not exist themselves, so that they always exist. */
export const COVERED = 300;
/** Names that never exist. */
export const NEVER = 300;
export const NAMES = CHANGING + COVERED + NEVER;

export const AAAA = 28;
export const TXT = 16;

export const Stat = { CHECKED: 0, HITS: 1, DENIED: 2, MISSES: 3, STOP: 4, UP: 5, HELD: 6 } as const;

export interface Shared {
  readonly memory: TableMemory;
  readonly reader: number;
  /** By name: the version that the writer has begun to make true, and the one that it has made true. */
  readonly begun: SharedArrayBuffer;
  readonly done: SharedArrayBuffer;
  /** 32-bit words. */
  readonly stats: SharedArrayBuffer;
}

export function nameOf(i: number): string {
  if (i < CHANGING) return `n${i}.z`;
  if (i < CHANGING + COVERED) return `x.b${i}.w.z`;
  return `no${i}.z`;
}

/** Whether a name exists by itself in a version. */
export function exists(i: number, version: number): boolean {
  if (i < CHANGING) return version % 4 !== 3;
  return i < CHANGING + COVERED && version % 2 === 1;
}

export function textOf(i: number, version: number): string {
  return `${i}:${version};`.repeat(20);
}

function addressOf(i: number, version: number, member: number): string {
  return `fd00::${i.toString(16)}:${version.toString(16)}:${member}`;
}

function keyOf(name: string): string {
  return `/skydns/${name.split('.').reverse().join('/')}`;
}

/** What makes a version of a name true. */
export function changesTo(i: number, version: number): Changes {
  const there = exists(i, version);
  const members = [0, 1, 2].map((member) => {
    const text = member === 0 ? { text: textOf(i, version) } : {};
    return [
      `${keyOf(nameOf(i))}/m${member}`,
      there ? { host: addressOf(i, version, member), ...text } : undefined,
    ];
  });
  return Object.fromEntries(members) as Changes;
}

export const WILDCARD = { [keyOf('*.w.z')]: { host: 'fd00:ffff::1', text: 'wild' } } as const;

export function request(i: number, type: number): Buffer {
  return packet({ name: nameOf(i), type, size: 1232 });
}

/** Xorshift: quick, and good enough to pick names. */
export function picker(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 1) % below;
  };
}

/** Most often one of a few names, so that changes and questions meet. */
export function pickName(pick: (below: number) => number): number {
  const hot = pick(10);
  if (hot < 6) return hot;
  if (hot < 8) return CHANGING + pick(6);
  return pick(NAMES);
}
