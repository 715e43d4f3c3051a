// Random transactions and leases: a watch that begins anywhere sees every state, in order, and ends at the truth.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Registry, Write } from '../../src/registry/registry.ts';
import { textOf, View } from './view.ts';

interface Setting {
  readonly prefix: string;
  readonly open: (prefix: string) => Promise<Registry>;
}

type Step =
  | { readonly kind: 'commit'; readonly writes: readonly { key: string; value: string | undefined }[] }
  | { readonly kind: 'lease'; readonly key: string }
  | { readonly kind: 'revoke'; readonly which: number }
  | { readonly kind: 'watch' };

const SEED = Number(process.env.FC_SEED ?? Date.now() % 2 ** 31);

const key = fc.constantFrom('a', 'b', 'a/b', 'a/c', 'a-', 'a0', 'é', 'b/a/c');
const write = fc.record({ key, value: fc.option(fc.string({ maxLength: 8 }), { nil: undefined }) });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      writes: fc.uniqueArray(write, { minLength: 1, maxLength: 5, selector: (w) => w.key }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('lease' as const), key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('revoke' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('watch' as const) }) },
);

/** What the registry should hold. */
class Model {
  readonly entries = new Map<string, { value: string; lease: string | undefined }>();
  /** The leases that were not revoked. */
  readonly leases: string[] = [];

  apply(writes: readonly Write[]): void {
    for (const w of writes) {
      if (w.kind === 'put') this.entries.set(w.key, { value: w.value, lease: w.lease });
      else this.entries.delete(w.key);
    }
  }

  revoke(id: string): void {
    for (const [k, { lease }] of this.entries) if (lease === id) this.entries.delete(k);
  }

  text(): string {
    return [...this.entries]
      .map(([k, { value }]) => `${k}=${value}`)
      .sort()
      .join('\n');
  }
}

class Run {
  readonly model = new Model();
  /** What should be known after each revision. */
  readonly expected = new Map<number, string>();
  readonly views: View[] = [];
  readonly setting: Setting;
  readonly registry: Registry;

  constructor(setting: Setting, registry: Registry) {
    this.setting = setting;
    this.registry = registry;
  }

  async do(step: Step): Promise<void> {
    if (step.kind === 'watch') await this.watch();
    else if (step.kind === 'commit') await this.commit(step.writes);
    else if (step.kind === 'lease') await this.lease(step.key);
    else await this.revoke(step.which);
  }

  async watch(): Promise<void> {
    const view = new View(true);
    this.views.push(view);
    (await this.setting.open(this.setting.prefix)).watch(view);
  }

  async commit(writes: readonly { key: string; value: string | undefined }[]): Promise<void> {
    await this.write(
      writes.map(({ key, value }): Write => {
        const full = `${this.setting.prefix}/${key}`;
        return value === undefined ? { kind: 'delete', key: full } : { kind: 'put', key: full, value };
      }),
    );
  }

  async lease(key: string): Promise<void> {
    const { id } = await this.registry.grant(600);
    this.model.leases.push(id);
    await this.write([{ kind: 'put', key: `${this.setting.prefix}/${key}`, value: id, lease: id }]);
  }

  async revoke(which: number): Promise<void> {
    const { leases } = this.model;
    const [id] = leases.splice(which % Math.max(1, leases.length), 1);
    if (id === undefined) return;
    await this.registry.revoke(id);
    this.model.revoke(id);
  }

  async write(writes: readonly Write[]): Promise<void> {
    const revision = await this.registry.commit(writes);
    this.model.apply(writes);
    this.expected.set(revision, this.model.text());
  }

  async check(): Promise<void> {
    await this.commit([{ key: 'end', value: 'end' }]);
    expect(textOf((await this.registry.list()).entries)).toBe(this.model.text());
    for (const view of this.views) {
      await view.has(`${this.setting.prefix}/end`, 'end');
      expect(view.text()).toBe(this.model.text());
      expect(view.faults).toEqual([]);
      for (const [revision, text] of view.history) {
        expect(text).toBe(this.expected.get(revision) ?? text); // revisions of revoked leases are not told to us
      }
    }
  }
}

export function propertyTests(setting: () => Promise<Setting>): void {
  it(`any sequence of writes is seen in order (FC_SEED=${SEED})`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const at = await setting();
        const run = new Run(at, await at.open(at.prefix));
        await run.watch();
        for (const one of steps) await run.do(one);
        await run.check();
      }),
      { seed: SEED, numRuns: 20, endOnFailure: true },
    );
  });
}
