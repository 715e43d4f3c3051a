// Random changes and lists: after each, the tree equals one made afresh, no kept answer is stale, and nothing leaks.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Change, Entry } from '../../src/service/entry.ts';
import { type Dependent, type Node, nameOfNode } from '../../src/zone/node.ts';
import type { ZoneOptions } from '../../src/zone/zones.ts';
import { holds } from '../support/property.ts';
import { entry, Fixture } from '../support/zone-fixture.ts';
import { linesOfOutcome } from '../support/zone-text.ts';
import { isBad, key, leaseTtl, questions, value, zones } from './random.ts';

interface Write {
  /** Which key of the run's few: so that they are written, changed and deleted again and again. */
  readonly which: number;
  /** Undefined deletes. */
  readonly value: string | undefined;
  readonly leaseTtl: number;
}

type Step =
  | { readonly kind: 'batch'; readonly writes: readonly Write[] }
  /** Writes that were missed, then a list; `broken` pages of an earlier one came in before. */
  | { readonly kind: 'list'; readonly writes: readonly Write[]; readonly broken: number };

const write: fc.Arbitrary<Write> = fc.record({
  which: fc.nat(),
  value: fc.oneof({ weight: 5, arbitrary: value }, { weight: 2, arbitrary: fc.constant(undefined) }),
  leaseTtl,
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('batch' as const),
      writes: fc.array(write, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('list' as const),
      writes: fc.array(write, { maxLength: 4 }),
      broken: fc.integer({ min: 0, max: 3 }),
    }),
  },
);

const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 12 });

interface Kept extends Dependent {
  readonly question: string;
  readonly text: string;
}

/** Contents beside the registry that they follow, and the answers that were kept. */
class Run {
  readonly registry = new Map<string, Entry>();
  /** The same with the last good value of those keys that turned bad. */
  readonly good = new Map<string, Entry>();
  readonly kept = new Map<Dependent, Kept>();
  readonly zones: readonly ZoneOptions[];
  readonly keys: readonly string[];
  readonly fixture: Fixture;
  revision = 1;

  constructor(zoneOptions: readonly ZoneOptions[], keys: readonly string[]) {
    this.zones = zoneOptions;
    this.keys = keys;
    this.fixture = new Fixture(zoneOptions, (dependent) => {
      expect(this.kept.delete(dependent)).toBe(true);
    });
  }

  /** The registry takes the writes of one revision; of one key only the first, since a transaction writes a key once. */
  write(writes: readonly Write[]): Change[] {
    const revision = ++this.revision;
    const first = new Map(writes.toReversed().map((one) => [this.keys[one.which % this.keys.length]!, one]));
    return [...first].map(([key, { value, leaseTtl }]) => {
      if (value === undefined) {
        this.registry.delete(key);
        this.good.delete(key);
        return { kind: 'delete', key, revision };
      }
      const put = entry(key, value, revision, leaseTtl);
      this.registry.set(key, put);
      const last = this.good.get(key);
      if (!isBad(value)) this.good.set(key, put);
      else if (last !== undefined) this.good.set(key, { ...last, lease: put.lease });
      return { kind: 'put', entry: put };
    });
  }

  do(step: Step): void {
    if (step.kind === 'batch') {
      const changes = this.write(step.writes);
      this.fixture.contents.apply({ revision: this.revision, changes });
      return;
    }
    const before = this.entries();
    this.write(step.writes);
    if (step.broken > 0) {
      this.fixture.contents.listing();
      this.fixture.contents.page(before.slice(0, step.broken));
    }
    this.fixture.list(this.entries(), this.revision);
  }

  entries(from = this.registry): Entry[] {
    return [...from.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Asks everything, keeping what may be kept, as the cache of answers does. */
  ask(): void {
    const known = new Set([...this.kept.values()].map(({ question }) => question));
    for (const question of questions) {
      if (known.has(question)) continue;
      const outcome = this.fixture.outcome(question);
      if (outcome.kind === 'nxdomain' || outcome.kind === 'external' || !outcome.lasting) continue;
      const kept = { question, reads: outcome.reads, text: linesOfOutcome(outcome).join('\n') };
      this.kept.set(kept, kept);
      this.fixture.contents.tree.hang(kept);
    }
  }

  checkKept(): void {
    for (const { question, text } of this.kept.values()) {
      const now = this.fixture.ask(question).join('\n');
      if (now !== text) expect(`${question}: kept ${text}`).toBe(`${question}: kept ${now}`);
    }
  }

  checkFresh(): void {
    const fresh = new Fixture(this.zones).list(this.entries());
    const served = new Fixture(this.zones).list(this.entries(this.good));
    for (const question of questions) {
      const ours = this.fixture.ask(question).sort();
      const theirs = served.ask(question).sort();
      if (ours.join('\n') !== theirs.join('\n')) expect([question, ...ours]).toEqual([question, ...theirs]);
    }
    const { contents } = this.fixture;
    expect(contents.services).toBe(served.contents.services);
    expect(contents.quarantined).toBe(contents.services - fresh.contents.services);
    expect(contents.outside).toBe(fresh.contents.outside);
    expect([...contents.bad.keys()].sort()).toEqual([...fresh.contents.bad.keys()].sort());
    for (const { key, revision } of contents.bad.values())
      expect(this.registry.get(key)?.revision).toBe(revision);
    const told = this.fixture.bad.map(({ key, revision }) => `${key} ${revision}`);
    expect(told).toEqual([...new Set(told)]);
  }

  /** Nothing hangs in the tree but what is kept, and every node has a reason to be. */
  checkTree(): void {
    const hanging = new Set<Dependent>();
    const apexes = new Set(this.fixture.contents.zones.all.map((zone) => String(zone.name)));
    const visit = (node: Node): void => {
      for (const dependent of node.hanging instanceof Set ? node.hanging : [node.hanging])
        if (dependent !== undefined) hanging.add(dependent);
      expect(new Set(node.stripped).size).toBe(node.stripped?.length ?? 0);
      for (const stored of node.stripped ?? []) expect(stored.node.services()).toContain(stored);
      if (node.isEmpty && node.parent !== undefined) expect(apexes).toContain(String(nameOfNode(node)));
      for (const child of node.children()) visit(child);
    };
    visit(this.fixture.contents.tree.root);
    expect(hanging).toEqual(new Set(this.kept.keys()));
  }
}

it('random changes and lists', () => {
  holds(
    fc.property(zones, keys, fc.array(step, { minLength: 1, maxLength: 10 }), (zoneOptions, few, steps) => {
      const run = new Run(zoneOptions, few);
      run.fixture.list([], 1);
      for (const one of steps) {
        run.ask();
        run.do(one);
        run.checkKept();
        run.checkTree();
      }
      run.checkFresh();
      run.fixture.contents.apply({
        revision: ++run.revision,
        changes: [...run.registry.keys()].map((key) => ({ kind: 'delete', key, revision: run.revision })),
      });
      run.registry.clear();
      run.good.clear();
      run.checkTree();
      run.checkFresh();
      expect([run.fixture.contents.services, run.fixture.contents.outside]).toEqual([0, 0]);
    }),
    40,
  );
}, 600_000);
