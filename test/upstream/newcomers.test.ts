// Answers that were asked for once, against a model: what is found is what was put, and the oldest make room.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../src/upstream/cache.ts';
import { type Newcomer, Newcomers } from '../../src/upstream/newcomers.ts';
import { holds } from '../support/property.ts';

const BYTES = 4096;
/** Less than any entry takes: what is not counted as used is room at the end of the ring. */
const HEAD = 48;

function answer(message: Uint8Array, cameAt: number): Answer {
  const reply = { kind: 'reply', message, rcode: 3, errors: [] } as const;
  return { kind: 'answer', reply, life: 30, cameAt, heldUntil: cameAt + 0.5, stale: false };
}

function newcomers(bytes = BYTES) {
  const seen = { evicted: 0 };
  return { seen, ring: new Newcomers(bytes, () => seen.evicted++) };
}

const key = fc.integer({ min: 0, max: 60 }).map((n) => `${n}`.repeat(1 + (n % 7)));
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ put: key, length: fc.integer({ min: 0, max: 700 }) }) },
  { weight: 3, arbitrary: fc.record({ take: key }) },
  { weight: 3, arbitrary: fc.record({ peek: key }) },
  { weight: 2, arbitrary: fc.record({ delete: key }) },
  { weight: 1, arbitrary: fc.constant({ clear: true }) },
);

describe('newcomers', () => {
  it('are found as they were put, or have made room', () => {
    holds(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const { ring } = newcomers();
        const model = new Map<string, Newcomer>();
        for (const [i, one] of steps.entries()) {
          if ('put' in one) {
            const message = Uint8Array.from({ length: one.length }, (_, at) => (at + i) & 255);
            const times = { cameAt: i, heldUntil: i + 0.5, expiresAt: i + 2 ** 40 };
            const isKept = ring.put(one.put, answer(message, i), times.expiresAt);
            expect(isKept).toBe(one.length < 900);
            model.set(one.put, { message, rcode: 3, life: 30, ...times });
            expect(ring.peek(one.put)).toEqual(model.get(one.put));
          } else if ('clear' in one) {
            ring.clear();
            model.clear();
          } else {
            const name = 'take' in one ? one.take : 'peek' in one ? one.peek : one.delete;
            const found = 'take' in one ? ring.take(name) : ring.peek(name);
            if (found !== undefined) expect(found).toEqual(model.get(name));
            if ('delete' in one) ring.delete(name);
            if (!('peek' in one)) model.delete(name);
          }
          const keys = ring.keys();
          expect(keys.filter((name) => !model.has(name))).toEqual([]);
          expect(new Set(keys).size).toBe(ring.count);
          for (const name of keys) expect(ring.peek(name)).toEqual(model.get(name));
          expect(ring.bytes).toBeLessThanOrEqual(BYTES);
        }
      }),
    );
  });

  it('go in the order in which they came', () => {
    const { ring, seen } = newcomers();
    for (let i = 0; i < 200; i++) {
      expect(ring.put(`key ${i}`, answer(new Uint8Array(100), i), i)).toBe(true);
      expect(ring.peek(`key ${i}`)?.cameAt).toBe(i);
    }
    expect(seen.evicted + ring.count).toBe(200);
    // Some had to go before their time, where four others had the same place.
    expect(ring.count).toBeGreaterThan(BYTES / 2 / (HEAD + 8 + 100));
    const left = ring.keys().map((name) => Number(name.slice(4)));
    expect(left).toEqual(left.toSorted((a, b) => a - b));
    expect(left.at(-1)).toBe(199);
  });

  it('are neither large answers nor such as have more to say, and none where there is no memory', () => {
    const { ring } = newcomers(2 ** 20);
    expect(ring.put('large', answer(new Uint8Array(1233), 0), 1)).toBe(false);
    const { reply, ...rest } = answer(new Uint8Array(10), 0);
    const told = { ...reply, errors: [{ code: 22, text: new Uint8Array(3) }] };
    expect(ring.put('told', { ...rest, reply: told }, 1)).toBe(false);
    const none = newcomers(0).ring;
    expect(none.put('key', answer(new Uint8Array(1), 0), 1)).toBe(false);
    expect([none.peek('key'), none.count, none.bytes, none.keys()]).toEqual([undefined, 0, 0, []]);
  });
});
