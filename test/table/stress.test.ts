// Threads that read while the main thread changes, drops, evicts and reuses at full speed: no answer is ever untrue.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { Control, EPOCH_STEP } from '../../src/table/layout.ts';
import { SEED } from '../support/property.ts';
import {
  AAAA,
  CHANGING,
  COVERED,
  changesTo,
  exists,
  NAMES,
  picker,
  pickName,
  request,
  type Shared,
  Stat,
  TXT,
  WILDCARD,
} from './stress-truth.ts';
import { type Changes, World } from './world.ts';

const READERS = 2;
/** How long, in milliseconds, unless everything that must happen takes longer. */
const AT_LEAST_MS = 4000;
const AT_MOST_MS = 200_000;
/** The smallest table there is. */
const BYTES = 1 << 20;
const SEGMENTS = 64;
const EVICTIONS_A_CLEAR = 400;

function everything(): Changes {
  const all = Array.from({ length: CHANGING + COVERED }, (_, i) => i).filter((i) => exists(i, 0));
  return Object.assign({ ...WILDCARD }, ...all.map((i) => changesTo(i, 0))) as Changes;
}

class Stress {
  readonly world = new World([{ name: 'z' }], BYTES);
  readonly begun = new SharedArrayBuffer(NAMES * 4);
  readonly done = new SharedArrayBuffer(NAMES * 4);
  readonly counts: Int32Array[] = [];
  readonly verdicts: Promise<unknown>[] = [];
  readonly #versions = new Int32Array(NAMES);
  readonly #pick = picker(SEED);
  readonly #control: Int32Array;
  changes = 0;
  asked = 0;
  clears = 0;
  #evictedAtClear = 0;

  constructor() {
    this.world.load(everything() as Record<string, object>);
    this.#control = new Int32Array(this.world.table.memory.control);
  }

  get retired(): number {
    return this.#control[Control.EPOCH]! / EPOCH_STEP;
  }

  start(reader: number): void {
    const stats = new SharedArrayBuffer(64);
    const { begun, done, world } = this;
    const shared: Shared = { memory: world.table.memory, reader, begun, done, stats };
    const worker = new Worker(new URL('./stress-reader.ts', import.meta.url), { workerData: shared });
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    worker.once('message', resolve);
    worker.once('error', reject);
    promise.catch(() => {});
    this.counts.push(new Int32Array(stats));
    this.verdicts.push(promise);
  }

  total(stat: number): number {
    return this.counts.reduce((sum, counts) => sum + counts[stat]!, 0);
  }

  /** A new version of a name, all of it at once. */
  #change(i: number): void {
    this.#versions[i]!++;
    const version = this.#versions[i]!;
    Atomics.store(new Int32Array(this.begun), i, version);
    this.world.apply(changesTo(i, version));
    Atomics.store(new Int32Array(this.done), i, version);
    this.changes++;
  }

  /** One of the names that are much asked for changes, and many are asked for, so that the table overflows. */
  step(): void {
    const changing = pickName(this.#pick);
    if (changing < CHANGING + COVERED) this.#change(changing);
    for (let n = 0; n < 12; n++) {
      const i = n === 0 ? changing : this.#pick(NAMES);
      this.world.ask(request(i, this.#pick(2) === 0 ? TXT : AAAA));
      this.asked++;
    }
    // Only a table that went round evicts: one that is cleared before it has never would.
    const evicted = this.world.counts.tableEvictions;
    if (evicted - this.#evictedAtClear < EVICTIONS_A_CLEAR) return;
    this.#evictedAtClear = evicted;
    this.world.table.clear();
    this.clears++;
  }

  /** What this is about and has not happened often enough yet. */
  lacking(): Record<string, number> {
    const { tableEvictions, tableDrops } = this.world.counts;
    const counted = [
      ['segments reused', this.retired - SEGMENTS, 30],
      ['evictions', tableEvictions, 2 * EVICTIONS_A_CLEAR],
      ['drops', tableDrops, 1000],
      ['clears', this.clears, 1],
      ['answers', this.total(Stat.HITS), 100_000],
      ['denied', this.total(Stat.DENIED), 5000],
      ['held', this.total(Stat.HELD), 2000],
      ['readers up', this.total(Stat.UP), READERS],
    ] as const;
    return Object.fromEntries(counted.filter(([, count, least]) => count < least));
  }

  async run(): Promise<void> {
    let failed = false;
    for (const verdict of this.verdicts) void verdict.finally(() => (failed = true)).catch(() => {});
    const begun = performance.now();
    for (let turn = 0; !failed; turn++) {
      this.step();
      // Names count from the end of a turn on.
      if (turn % 20 === 0) await nextTurn();
      else await undefined;
      const ran = performance.now() - begun;
      if (ran > AT_MOST_MS) return;
      if (ran > AT_LEAST_MS && Object.keys(this.lacking()).length === 0) return;
    }
  }

  stop(): Promise<unknown[]> {
    for (const counts of this.counts) Atomics.store(counts, Stat.STOP, 1);
    return Promise.all(this.verdicts);
  }
}

it(
  'every answer was true at some moment between question and answer',
  async () => {
    const stress = new Stress();
    for (let reader = 1; reader <= READERS; reader++) stress.start(reader);
    await stress.run();
    expect(await stress.stop()).toEqual(Array.from({ length: READERS }, () => undefined));
    const { tableEvictions, tableDrops } = stress.world.counts;
    console.info({
      answers: stress.total(Stat.HITS),
      held: stress.total(Stat.HELD),
      denied: stress.total(Stat.DENIED),
      misses: stress.total(Stat.MISSES),
      changes: stress.changes,
      dropped: tableDrops,
      evicted: tableEvictions,
      segmentsReused: stress.retired - SEGMENTS,
      clears: stress.clears,
      askedOfMain: stress.asked,
    });
    expect(stress.lacking()).toEqual({});
  },
  AT_MOST_MS + 30_000,
);
