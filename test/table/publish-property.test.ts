// The writer of the table against a plain map, over random runs of changes in tables where everything collides.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Entry } from '../../src/table/layout.ts';
import { MISS, TableReader } from '../../src/table/lookup.ts';
import { holds } from '../support/property.ts';
import { answerOf, keyText, Rig } from './rig.ts';

const NAMES = 400;
const GROUPS = 7;

/** Much quicker than `expect`, and what holds is asked for very often here. */
function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

type Step =
  | { readonly do: 'publish'; readonly name: number; readonly size: number; readonly also: number }
  | { readonly do: 'touch'; readonly group: number }
  | { readonly do: 'ask'; readonly name: number }
  | { readonly do: 'clear' | 'enter' | 'leave' };

// Some are asked for again and again.
const name = fc.oneof(fc.nat(20), fc.nat(NAMES - 1));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 60,
    arbitrary: fc.record({ do: fc.constant('publish'), name, size: fc.nat(90), also: fc.nat(20) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('touch'), group: fc.nat(GROUPS - 1) }) },
  { weight: 30, arbitrary: fc.record({ do: fc.constant('ask'), name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('enter', 'leave') }) },
);

const SHAPES = [
  // Slots run out first.
  { slots: 16, segment: 512, begin: 0 },
  // The arena runs out first; it is full to begin with.
  { slots: 256, segment: 320, begin: 180 },
] as const;

/** The table, a map of what should be in it, and the checks that hold after every step. */
class Run {
  readonly rig: Rig;
  readonly model = new Map<string, { text: string; compiled: Uint8Array; groups: ReadonlySet<number> }>();
  readonly other: TableReader;
  refused = 0;
  stuck = false;
  #turn = 0;
  #mostAtOnce = 0;

  constructor(shape: (typeof SHAPES)[number], key: readonly [number, number], epoch: number) {
    this.rig = new Rig({ ...shape, key }, epoch);
    this.other = new TableReader(this.rig.memory, 9);
    for (let name = 0; name < shape.begin; name++) this.#publish(name, 60, 99);
  }

  take(step: Step): void {
    if (step.do === 'publish') this.#publish(step.name, step.size, step.also);
    else if (step.do === 'touch') this.#touch(step.group);
    else if (step.do === 'ask') this.#ask(step.name);
    else if (step.do === 'clear') this.#clear();
    else this.#hold(step.do === 'enter');
  }

  /** Another reader sits in the epoch of this moment, or lets go. */
  #hold(on: boolean): void {
    this.stuck = on;
    if (on) this.other.enter();
    else this.other.leave();
  }

  #node(group: number) {
    return this.rig.node('z', `g${group}`);
  }

  #publish(number: number, size: number, also: number): void {
    const name = `n${number}.z`;
    const text = `${this.#turn++}`.padEnd(4 + size, '.');
    const groups = new Set([number % GROUPS, ...(also < GROUPS ? [also] : [])]);
    const compiled = answerOf(text);
    const known = this.model.has(name);
    const { count } = this.rig.publisher;
    const gone = this.rig.evictions;
    this.rig.publish(
      name,
      compiled,
      [...groups].map((group) => this.#node(group)),
    );
    this.#mostAtOnce = Math.max(this.#mostAtOnce, count + 1);
    const added = this.rig.publisher.count + this.rig.evictions - gone - count;
    // One that is there already stays as it is.
    if (known) must(added === 0, 'published twice');
    if (!known && added === 1) this.model.set(name, { text, compiled, groups });
    else if (!known) this.refused++;
    // Room is refused only while a reader holds an old epoch.
    if (!known && added === 0) must(this.stuck, 'refused for no reason');
    this.#forgetEvicted(this.rig.evictions - gone);
  }

  #touch(group: number): void {
    const drops = this.rig.drops;
    this.rig.tree.touch(this.#node(group));
    const hit = [...this.model].filter(([, { groups }]) => groups.has(group));
    for (const [name] of hit) this.model.delete(name);
    expect(this.rig.drops - drops).toBe(hit.length);
  }

  #ask(number: number): void {
    const name = `n${number}.z`;
    const kept = this.model.get(name);
    const reply = this.rig.ask(name);
    if (kept === undefined) expect(reply).toBe(MISS);
    else expect(reply).toEqual(this.rig.rendered(name, kept.compiled));
  }

  #clear(): void {
    this.rig.publisher.clear();
    this.model.clear();
    expect(this.rig.publisher.count).toBe(0);
  }

  /** Exactly as many as were counted have gone, none of them but by eviction. */
  #forgetEvicted(evicted: number): void {
    const there = new Set(this.rig.entries().map(({ key }) => key));
    const gone = [...this.model.keys()].filter((name) => !there.has(keyText(name)));
    must(gone.length === evicted, `${gone.length} are gone, ${evicted} were evicted`);
    for (const name of gone) this.model.delete(name);
  }

  /** What slots lead to is what should be there, and every entry is found from its home slot. */
  check(): void {
    const { rig, model } = this;
    const entries = rig.entries();
    const { count } = rig.publisher;
    must(
      entries.length === model.size && count === model.size,
      `${entries.length} of ${model.size}: ${count}`,
    );
    must(entries.length * 4 <= rig.slotCount * 3, `${entries.length} of ${rig.slotCount} slots`);
    const byKey = new Map(entries.map((entry) => [entry.key, entry.compiled]));
    for (const [name, { compiled }] of model) {
      const there = byKey.get(keyText(name));
      must(there?.startsWith(Buffer.from(compiled).toString('latin1')) === true, `${name} is another`);
    }
    this.#checkWays(entries);
    this.#checkPlaces(entries);
  }

  #checkWays(entries: ReturnType<Rig['entries']>): void {
    const mask = this.rig.slotCount - 1;
    const taken = new Set(entries.map(({ slot }) => slot));
    for (const { hash, slot } of entries) {
      for (let on = hash & mask; on !== slot; on = (on + 1) & mask) must(taken.has(on), `slot ${on} is free`);
    }
  }

  /** No two overlap, and numbers are used again. */
  #checkPlaces(entries: ReturnType<Rig['entries']>): void {
    const inOrder = [...entries].sort((a, b) => a.place - b.place);
    for (const [i, { place, length }] of inOrder.entries()) {
      must(place + length <= (inOrder[i + 1]?.place ?? this.rig.memory.arena.byteLength), 'entries overlap');
    }
    const words = new Int32Array(this.rig.memory.arena);
    const numbers = entries.map(({ place }) => words[(place + Entry.NUMBER) >> 2]!);
    must(new Set(numbers).size === numbers.length, 'a number twice');
    must(Math.max(0, ...numbers) <= this.#mostAtOnce, 'numbers are not used again');
  }
}

describe.each(SHAPES)('a table of $slots slots and segments of $segment bytes', (shape) => {
  const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  const steps = fc.array(step, { minLength: 250, maxLength: 500, size: 'max' });
  let evictions = 0;
  let refused = 0;
  let retired = 0;

  it('holds what a map would hold, whatever happens', () => {
    holds(
      fc.property(fc.tuple(word, word), steps, (key, all) => {
        const run = new Run(shape, key, 0);
        for (const one of all) {
          run.take(one);
          run.check();
        }
        evictions += run.rig.evictions;
        retired += run.rig.retired;
        refused += run.refused;
      }),
      12,
    );
    console.info(`${evictions} evictions, ${retired} segments retired, ${refused} refused`);
    expect(evictions).toBeGreaterThan(100);
    expect(retired).toBeGreaterThan(100);
  });

  it('goes on when epochs wrap', () => {
    holds(
      fc.property(fc.tuple(word, word), steps, fc.nat(40), (key, all, before) => {
        const run = new Run(shape, key, 2 ** 31 - 2 - 2 * before);
        for (const one of all) run.take(one);
        run.check();
      }),
      6,
    );
  });
});
