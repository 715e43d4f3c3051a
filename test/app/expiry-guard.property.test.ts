// Random histories under the guard: what the registry holds is served, what a writer deletes is not, nothing stays for good.
import fc from 'fast-check';
import { it } from 'vitest';
import { labelsOfNode, type Node } from '../../src/zone/node.ts';
import { SEED } from '../support/property.ts';
import { Bench } from './expiry-bench.ts';

const NAMES = ['org/example/a', 'org/example/a/b', 'org/example/c'];
const key = fc
  .record({ name: fc.constantFrom(...NAMES), id: fc.nat(15) })
  .map(({ name, id }) => `${name}/s${id}`);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('put' as const), key, ttl: fc.constantFrom(0, 60, 60) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('expire' as const),
      name: fc.constantFrom(...NAMES),
      share: fc.constantFrom(0.1, 0.5, 0.9, 1),
      certain: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('list' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), seconds: fc.constantFrom(1, 5, 30) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function check(yes: boolean, what: string): void {
  if (!yes) throw new Error(what);
}

/** The keys that are served, and how many of their services are leased. */
function served({ contents }: Bench): { all: Map<string, boolean>; leased: number } {
  const all = new Map<string, boolean>();
  let leased = 0;
  const visit = (node: Node): number => {
    let below = 0;
    for (const stored of node.services()) {
      all.set(labelsOfNode(node).join('/'), stored.held);
      below += stored.lease === undefined ? 0 : 1;
    }
    for (const child of node.children()) below += visit(child);
    check(node.leased === below, `leased services below ${labelsOfNode(node)}: ${node.leased}, not ${below}`);
    return below;
  };
  leased = visit(contents.tree.root);
  return { all, leased };
}

class History {
  readonly bench = new Bench();
  /** Deleted by a writer, and not put since. */
  readonly deleted = new Set<string>();

  async run(step: Step): Promise<void> {
    const { bench } = this;
    if (step.kind === 'put') {
      this.deleted.delete(step.key);
      bench.put(step.key, step.ttl);
    } else if (step.kind === 'delete' && bench.registry.has(step.key)) {
      this.deleted.add(step.key);
      await bench.lose([step.key], 'alive');
    } else if (step.kind === 'expire') {
      const keys = [...bench.registry.keys()].filter(
        (one) => one.startsWith(step.name) && bench.leaseOf(one) !== '',
      );
      await bench.lose(keys.slice(0, keys.length * step.share), 'gone', step.certain);
    } else if (step.kind === 'list') bench.relist();
    else if (step.kind === 'pass') await bench.pass(step.seconds);
    await bench.settled();
    this.look();
  }

  look(): void {
    const { bench } = this;
    const { all } = served(bench);
    for (const one of bench.registry.keys()) check(all.get(one) === false, `${one} is served, and unmarked`);
    for (const one of this.deleted) check(!all.has(one), `${one} was deleted by a writer`);
    const held = [...all.values()].filter((yes) => yes).length;
    for (const [one, isHeld] of all) check(isHeld || bench.registry.has(one), `${one} is held`);
    check(bench.counts.held <= held, `${bench.counts.held} are counted, ${held} are held`);
    check(bench.contents.services === all.size, `${bench.contents.services} services, not ${all.size}`);
  }

  async end(): Promise<void> {
    const { bench } = this;
    await bench.pass(130);
    const { all } = served(bench);
    check(
      [...all.keys()].every((one) => bench.registry.has(one)),
      'nothing stays for good',
    );
    check(bench.counts.held === 0 && bench.guard.guarded.length === 0, 'nothing is counted any more');
  }
}

it('serves what the registry holds, never what a writer deleted, and lets go in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const history = new History();
      for (const name of NAMES) for (let i = 0; i < 14; i++) history.bench.put(`${name}/s${i}`);
      for (const one of steps) await history.run(one);
      await history.end();
    }),
    { seed: SEED, numRuns: 60 },
  );
}, 120_000);
