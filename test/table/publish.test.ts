// The writer of the table, rule by rule: what is found, what is refused, what moves out, what is used again and when.
import { describe, expect, it } from 'vitest';
import { Control } from '../../src/table/layout.ts';
import { MISS, TableReader } from '../../src/table/lookup.ts';
import { answerOf, entryLength, keyText, Rig } from './rig.ts';

/** A table in which slots never run out. */
const ROOMY = { slots: 1024, segment: 1024 };
const PADDED = 60;

const nameOf = (i: number): string => `n${String(i).padStart(7, '0')}.z`;
/** One length for all of them. */
const textOf = (i: number): string => `text ${i}`.padEnd(PADDED, '.');
const LENGTH = entryLength(nameOf(0), answerOf(textOf(0)));
/** Of those, so many fill a segment. */
const A_SEGMENT = Math.floor(ROOMY.segment / LENGTH);
/** The first one begins 8 bytes later. */
const FIRST = Math.floor((ROOMY.segment - 8) / LENGTH);
/** All segments but the last are full: with one more, the first one is emptied. */
const ALL = FIRST + A_SEGMENT * 62;

function publish(rig: Rig, from: number, to: number): void {
  for (let i = from; i < to; i++) rig.publish(nameOf(i), answerOf(textOf(i)));
}

/** Numbers of the names that the table has. */
function present(rig: Rig, to: number): number[] {
  const keys = new Set(rig.entries().map(({ key }) => key));
  return Array.from({ length: to }, (_, i) => i).filter((i) => keys.has(keyText(nameOf(i))));
}

describe('an answer that is published', () => {
  it('is found, byte for byte', () => {
    const rig = new Rig();
    expect(rig.ask('a.z')).toBe(MISS);
    rig.publish('a.z', answerOf('hello'));
    expect(rig.ask('a.z')).toEqual(rig.rendered('a.z', answerOf('hello')));
    expect(rig.ask('A.Z')).toEqual(rig.rendered('A.Z', answerOf('hello')));
  });

  it('is found by its name and type alone', () => {
    const rig = new Rig();
    rig.publish('a.z', answerOf('hello'));
    for (const name of ['z', 'b.z', 'aa.z', 'a.a.z', 'a.zz']) expect(rig.ask(name)).toBe(MISS);
    expect(rig.ask('a.z', 0, 1)).toBe(MISS);
    expect(rig.ask('a.z', 0, 256 + 16)).toBe(MISS);
  });

  it('stays as it is when another is published under the same key', () => {
    const rig = new Rig();
    rig.publish('a.z', answerOf('first'));
    rig.publish('a.z', answerOf('second'));
    expect(rig.publisher.count).toBe(1);
    expect(rig.ask('a.z')).toEqual(rig.rendered('a.z', answerOf('first')));
  });

  it('is not served from its expiry on', () => {
    const rig = new Rig();
    rig.publish('a.z', answerOf('hello'), [], 100);
    expect(rig.ask('a.z', 99)).not.toBe(MISS);
    expect(rig.ask('a.z', 100)).toBe(MISS);
    expect(rig.ask('a.z', 1e6)).toBe(MISS);
  });

  it('is replaced where it expires, wherever it hung', () => {
    const rig = new Rig();
    const node = rig.node('z', 'a');
    rig.publish('a.z', answerOf('first'), [node], 100);
    rig.publish('a.z', answerOf('second'), [], 200);
    expect(rig.publisher.count).toBe(1);
    expect(node.hanging).toBeUndefined();
    expect(rig.ask('a.z', 150)).toEqual(rig.rendered('a.z', answerOf('second')));
    rig.publish('a.z', answerOf('for ever'));
    rig.publish('a.z', answerOf('fourth'), [], 300);
    expect(rig.ask('a.z', 1e6)).toEqual(rig.rendered('a.z', answerOf('for ever')));
  });

  it('is refused when it would take more than half a segment', () => {
    const rig = new Rig(ROOMY);
    const room = ROOMY.segment / 2;
    const of = (length: number): Uint8Array => new Uint8Array(length - entryLength('a.z', new Uint8Array(0)));
    rig.publish('a.z', of(room + 4));
    expect(rig.publisher.count).toBe(0);
    rig.publish('a.z', of(room));
    expect(rig.publisher.count).toBe(1);
  });
});

describe('a change', () => {
  it('drops the answers that read there or above, and no other', () => {
    const rig = new Rig();
    rig.publish('above.z', answerOf('1'), [rig.node('z')]);
    rig.publish('there.z', answerOf('2'), [rig.node('z', 'a'), rig.node('z', 'c')]);
    rig.publish('below.z', answerOf('3'), [rig.node('z', 'a', 'b')]);
    rig.publish('beside.z', answerOf('4'), [rig.node('z', 'c')]);
    rig.publish('nowhere.z', answerOf('5'));
    rig.tree.touch(rig.node('z', 'a'));
    expect(rig.entries().map(({ key }) => key)).toHaveLength(3);
    expect(rig.ask('above.z')).toBe(MISS);
    expect(rig.ask('there.z')).toBe(MISS);
    for (const name of ['below.z', 'beside.z', 'nowhere.z']) expect(rig.ask(name)).not.toBe(MISS);
    expect(rig.node('z', 'c').hanging).toHaveProperty('size', 1);
    rig.tree.touch(rig.node('z', 'a'));
    expect(rig.drops).toBe(2);
  });

  it('leaves nothing hanging of answers that were cleared or moved out', () => {
    const rig = new Rig({ slots: 16, segment: 1024 });
    const node = rig.node('z');
    for (let i = 0; i < 100; i++) rig.publish(nameOf(i), answerOf(textOf(i)), [node]);
    expect(rig.evictions).toBeGreaterThan(50);
    rig.publisher.clear();
    expect(node.hanging).toBeUndefined();
    expect(rig.publisher.count).toBe(0);
    expect(rig.entries()).toEqual([]);
    rig.publish('a.z', answerOf('again'), [node]);
    expect(rig.ask('a.z')).not.toBe(MISS);
    rig.tree.touch(node);
    expect(rig.ask('a.z')).toBe(MISS);
  });
});

describe('a full table', () => {
  it('is never more than three quarters full of slots', () => {
    const rig = new Rig({ slots: 64, segment: 1024 });
    for (let i = 0; i < 500; i++) {
      publish(rig, i, i + 1);
      expect(rig.entries().length).toBeLessThanOrEqual(48);
    }
    expect(rig.ask(nameOf(499))).not.toBe(MISS);
  });

  it('loses its oldest segment first', () => {
    const rig = new Rig(ROOMY);
    publish(rig, 0, ALL);
    expect(rig.evictions).toBe(0);
    // One segment is always kept ready.
    publish(rig, ALL, ALL + 1);
    expect(rig.retired).toBe(1);
    expect(rig.evictions).toBe(FIRST);
    expect(present(rig, ALL + 1)).toEqual(Array.from({ length: ALL + 1 - FIRST }, (_, i) => i + FIRST));
  });

  it('keeps of the oldest segment what was used, and only once for each use', () => {
    const rig = new Rig(ROOMY);
    publish(rig, 0, ALL);
    const used = [1, 3];
    const before = used.map((i) => rig.ask(nameOf(i)));
    publish(rig, ALL, ALL + 1);
    expect(present(rig, FIRST)).toEqual(used);
    expect(used.map((i) => rig.ask(nameOf(i)))).toEqual(before);
    // Asked just now, so they stay for one more round, and after that not.
    publish(rig, ALL + 1, ALL * 2);
    expect(present(rig, FIRST)).toEqual(used);
    publish(rig, ALL * 2, ALL * 4);
    expect(present(rig, FIRST)).toEqual([]);
  });

  it('keeps nothing of it that is over, used or not', () => {
    const rig = new Rig(ROOMY);
    // Over since before the table was made; asked for at a time when it was not.
    rig.publish(nameOf(0), answerOf(textOf(0)), [], -1);
    expect(rig.ask(nameOf(0), -2)).not.toBe(MISS);
    publish(rig, 1, ALL);
    rig.ask(nameOf(1));
    publish(rig, ALL, ALL + 1);
    expect(present(rig, FIRST)).toEqual([1]);
  });

  it('moves half a segment at most', () => {
    const rig = new Rig(ROOMY);
    publish(rig, 0, ALL);
    for (let i = 0; i < FIRST; i++) rig.ask(nameOf(i));
    publish(rig, ALL, ALL + 1);
    const half = Math.floor(ROOMY.segment / 2 / LENGTH);
    expect(present(rig, FIRST)).toEqual(Array.from({ length: half }, (_, i) => i));
  });

  it('can turn over many times', () => {
    const rig = new Rig(ROOMY);
    const all = A_SEGMENT * 64 * 5;
    publish(rig, 0, all);
    expect(rig.retired).toBeGreaterThan(64 * 3);
    const left = present(rig, all);
    expect(left.length).toBeGreaterThan(A_SEGMENT * 60);
    expect(left.at(0)).toBe(all - left.length);
    for (const i of left) expect(rig.ask(nameOf(i))).toEqual(rig.rendered(nameOf(i), answerOf(textOf(i))));
  });
});

describe('a segment that was emptied', () => {
  /** A full table, in which a reader has begun to look at the oldest entry. */
  function looking(epoch = 0): { rig: Rig; other: TableReader; place: number; bytes: string } {
    const rig = new Rig(ROOMY, epoch);
    const other = new TableReader(rig.memory, 9);
    publish(rig, 0, ALL);
    const { place } = rig.entries().find(({ key }) => key === keyText(nameOf(0)))!;
    other.enter();
    return { rig, other, place, bytes: rig.bytes(place, LENGTH) };
  }

  const LATER = 10_000;

  it.each([0, 2 ** 31 - 4])('is not written to while a reader may look there (epochs from %d)', (epoch) => {
    const { rig, other, place, bytes } = looking(epoch);
    publish(rig, LATER, LATER + A_SEGMENT * 100);
    expect(rig.ask(nameOf(0))).toBe(MISS);
    expect(rig.bytes(place, LENGTH)).toBe(bytes);
    // What finds no room is left out, and what is there is served.
    expect(rig.ask(nameOf(LATER + A_SEGMENT * 100 - 1))).toBe(MISS);
    expect(rig.ask(nameOf(ALL - 1))).not.toBe(MISS);
    other.leave();
    publish(rig, LATER * 2, LATER * 2 + A_SEGMENT * 100);
    expect(rig.bytes(place, LENGTH)).not.toBe(bytes);
    expect(rig.ask(nameOf(LATER * 2 + A_SEGMENT * 100 - 1))).not.toBe(MISS);
  });

  it.each([0, 2 ** 31 - 4])('is used again when the reader has moved on (epochs from %d)', (epoch) => {
    const { rig, other, place, bytes } = looking(epoch);
    for (let round = 1; round <= 200; round++) {
      publish(rig, LATER * round, LATER * round + A_SEGMENT);
      other.enter();
    }
    expect(rig.bytes(place, LENGTH)).not.toBe(bytes);
    expect(rig.ask(nameOf(LATER * 200 + A_SEGMENT - 1))).not.toBe(MISS);
  });

  it('is used again when the reader died and somebody leaves for it', () => {
    const { rig, place, bytes } = looking();
    new TableReader(rig.memory, 9).leave();
    publish(rig, LATER, LATER + A_SEGMENT * 100);
    expect(rig.bytes(place, LENGTH)).not.toBe(bytes);
  });

  it('is not held by a reader that is idle, whatever the epoch', () => {
    const rig = new Rig(ROOMY, -2);
    publish(rig, 0, A_SEGMENT * 64 * 3);
    expect(rig.ask(nameOf(A_SEGMENT * 64 * 3 - 1))).not.toBe(MISS);
    const control = new Int32Array(rig.memory.control);
    expect(control[Control.READERS + 5 * Control.READER_STRIDE]).toBe(0);
  });
});
