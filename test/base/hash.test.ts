// The keyed hash: equal to the published algorithm, keyed, and spread evenly.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Hasher } from '../../src/base/hash.ts';
import { holds } from '../support/property.ts';
import { halfSipHash } from './reference-hash.ts';

function hash(key: readonly [number, number], bytes: Uint8Array, start = 0, end = bytes.length) {
  const hasher = new Hasher({ k0: key[0], k1: key[1] });
  hasher.run(bytes, start, end);
  return [hasher.low >>> 0, hasher.high >>> 0];
}

function halfSipHash13(key: readonly [number, number], bytes: Uint8Array): [number, number] {
  return halfSipHash(1, 3, key, bytes);
}

function bitsSet(word: number): number {
  let count = 0;
  for (let left = word >>> 0; left !== 0; left >>>= 1) count += left & 1;
  return count;
}

const KEY = [0x03020100, 0x07060504] as const;
const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i & 0xff);

describe('the reference', () => {
  // The first vectors of HalfSipHash-2-4 with 64 bits, published with it (vectors.h of the reference implementation).
  it.each([
    [0, [0x591f8d21, 0xc83cb8b9]],
    [1, [0x122455be, 0x157338f8]],
  ])('gives the published output for %d bytes', (length, words) => {
    expect(halfSipHash(2, 4, KEY, counting(length))).toEqual(words);
  });
});

describe('the hash', () => {
  it('is HalfSipHash-1-3 for every length', () => {
    for (let length = 0; length <= 260; length++) {
      const bytes = counting(length);
      expect([length, ...hash(KEY, bytes)]).toEqual([length, ...halfSipHash13(KEY, bytes)]);
    }
  });

  it('is HalfSipHash-1-3 for any key, any bytes, anywhere in memory', () => {
    const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    const bytes = fc.uint8Array({ maxLength: 260 });
    holds(
      fc.property(word, word, bytes, fc.nat(5), fc.nat(5), (k0, k1, inner, before, after) => {
        const around = Buffer.concat([Buffer.alloc(before, 0xaa), inner, Buffer.alloc(after, 0xbb)]);
        expect(hash([k0, k1], around, before, before + inner.length)).toEqual(halfSipHash13([k0, k1], inner));
      }),
    );
  });

  it('says signed words, and the same again', () => {
    const hasher = new Hasher({ k0: 1, k1: 2 });
    hasher.run(counting(20), 0, 20);
    const first = [hasher.low, hasher.high];
    hasher.run(counting(7), 0, 7);
    hasher.run(counting(20), 0, 20);
    expect([hasher.low, hasher.high]).toEqual(first);
    expect(first).toEqual(first.map((word) => word | 0));
  });

  it('flips about half of its bits with any one bit of the message or of the key', () => {
    const flips: number[] = [];
    const bytes = counting(24);
    const note = (other: readonly number[]) => {
      const base = hash(KEY, bytes);
      flips.push(bitsSet(base[0]! ^ other[0]!) + bitsSet(base[1]! ^ other[1]!));
    };
    for (let bit = 0; bit < 24 * 8; bit++) {
      const changed = Uint8Array.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      note(hash(KEY, changed));
    }
    for (let bit = 0; bit < 64; bit++) {
      const [k0, k1] = KEY;
      note(hash(bit < 32 ? [k0 ^ (1 << bit), k1] : [k0, k1 ^ (1 << (bit - 32))], bytes));
    }
    const mean = flips.reduce((sum, n) => sum + n, 0) / flips.length;
    expect(mean).toBeGreaterThan(30);
    expect(mean).toBeLessThan(34);
    expect(Math.min(...flips)).toBeGreaterThan(12);
  });

  it('spreads names that differ in a digit evenly over slots', () => {
    const slots = new Uint32Array(256);
    for (let i = 0; i < 25_600; i++) {
      const [low] = hash(KEY, Buffer.from(`n${i}`));
      slots[low! & 255]!++;
    }
    // 100 each, and a standard deviation of 10.
    expect(Math.max(...slots)).toBeLessThan(160);
    expect(Math.min(...slots)).toBeGreaterThan(50);
  });
});
