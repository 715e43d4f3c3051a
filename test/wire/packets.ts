// Packets for the tests of the wire, put together byte by byte, without the code under test.
import { expect } from 'vitest';
import { isName, type Name, nameFromText } from '../../src/wire/name.ts';

export const u16 = (value: number): number[] => [(value >>> 8) & 0xff, value & 0xff];
export const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];

/** Labels as they stand on the wire, the root last: `wire('a', 'b')` is 1 a 1 b 0. */
export function wire(...labels: readonly string[]): number[] {
  return [...labels.flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')]), 0];
}

/** The name of a text that is known to be one. */
export function name(text: string): Name {
  const parsed = nameFromText(text);
  expect(parsed, text).toBeInstanceOf(Uint8Array);
  return isName(parsed) ? parsed : (new Uint8Array(0) as Name);
}

/** Two bytes that lead to `target`. */
export const pointer = (target: number): number[] => u16(0xc000 | target);

export interface Head {
  readonly id?: number;
  /** The second word: QR, opcode, flags, rcode. */
  readonly flags?: number;
  readonly counts?: readonly [number, number, number, number];
}

export function header({ id = 0xbeef, flags = 0x0100, counts = [1, 0, 0, 0] }: Head = {}): number[] {
  return [...u16(id), ...u16(flags), ...counts.flatMap(u16)];
}

export function question(owner: readonly number[], type = 1, rrClass = 1): number[] {
  return [...owner, ...u16(type), ...u16(rrClass)];
}

export function record(owner: readonly number[], type: number, rdata: readonly number[], ttl = 30): number[] {
  return [...owner, ...u16(type), ...u16(1), ...u32(ttl), ...u16(rdata.length), ...rdata];
}

export interface Edns {
  readonly size?: number;
  readonly version?: number;
  /** The 16 flag bits; DO is 0x8000. */
  readonly flags?: number;
  readonly options?: readonly number[];
  readonly owner?: readonly number[];
}

export function opt({ size = 1232, version = 0, flags = 0, options = [], owner = [0] }: Edns = {}): number[] {
  const ttl = [0, version, ...u16(flags)];
  return [...owner, ...u16(41), ...u16(size), ...ttl, ...u16(options.length), ...options];
}

/** One EDNS option. */
export function option(code: number, data: readonly number[]): number[] {
  return [...u16(code), ...u16(data.length), ...data];
}

/** A query for `www.example` A, the parts after the question as given, counted as additional. */
export function query(additional: readonly (readonly number[])[] = [], head: Head = {}): Uint8Array {
  const counts = [1, 0, 0, additional.length] as const;
  return Uint8Array.from([
    ...header({ counts, ...head }),
    ...question(wire('www', 'example')),
    ...additional.flat(),
  ]);
}
