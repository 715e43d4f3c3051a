// Writes through etcd, one after the other, each exactly once, however often etcd dies meanwhile.
import { setTimeout as delay } from 'node:timers/promises';
import type { Etcd3 } from 'etcd3';
import { connect } from '../../../src/registry/etcd-client.ts';
import { Dice } from '../hostile.ts';
import { COUNTER, counterValue, firstStep, nextStep, type Step } from './course.ts';
import type { Journal } from './journal.ts';

export interface WriterParts {
  /** `host:port` of every member. */
  readonly endpoints: readonly string[];
  readonly journal: Journal;
  readonly seed: number;
}

/** So long one member is waited for. */
const DEADLINE_MS = 3_000;
const PAUSE_MS = { between: 10, afterFailure: 50 };

export class Writer {
  readonly #parts: WriterParts;
  readonly #dice: Dice;
  #etcd: Etcd3;
  #member = 0;
  #acknowledged = 0;
  #begun = 0;
  #ending = false;
  #running: Promise<void> = Promise.resolve();

  private constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#dice = new Dice(parts.seed);
    this.#etcd = this.#connect();
  }

  /** Writes once, so that all names are there, and goes on. */
  static async start(parts: WriterParts): Promise<Writer> {
    const writer = new Writer(parts);
    await writer.#write(firstStep());
    writer.#running = writer.#run();
    writer.#running.catch(() => {}); // `stop` tells
    return writer;
  }

  /** The last write that etcd has acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Waits until a write is acknowledged that was begun after this call; its number. */
  async next(): Promise<number> {
    const goal = this.#begun + 1;
    while (this.#acknowledged < goal && !this.#ending) await Promise.race([this.#running, delay(5)]);
    return goal;
  }

  async stop(): Promise<void> {
    this.#ending = true;
    try {
      await this.#running;
    } finally {
      this.#etcd.close();
    }
  }

  async #run(): Promise<void> {
    while (!this.#ending) {
      await this.#write(nextStep(this.#begun + 1, this.#dice));
      await delay(PAUSE_MS.between);
    }
  }

  async #write(step: Step): Promise<void> {
    const { journal } = this.#parts;
    const n = journal.begin(step.answers);
    this.#begun = n;
    while (!this.#ending) {
      try {
        const revision = await this.#try(n, step);
        journal.acknowledge(n, revision, performance.now());
        this.#acknowledged = n;
        return;
      } catch (thrown) {
        if (thrown instanceof RangeError) throw thrown;
        this.#etcd.close();
        this.#member += 1;
        this.#etcd = this.#connect();
        await delay(PAUSE_MS.afterFailure);
      }
    }
  }

  /** The revision that it was made at. Where the counter is there already, an earlier attempt has done it. */
  async #try(n: number, { puts }: Step): Promise<number> {
    const etcd = this.#etcd;
    const before =
      n === 1 ? etcd.if(COUNTER, 'Create', '==', 0) : etcd.if(COUNTER, 'Value', '==', counterValue(n - 1));
    const operations = [...puts].map(([key, value]) =>
      value === undefined ? etcd.delete().key(key) : etcd.put(key).value(value),
    );
    const { succeeded, header, responses } = await before
      .then(...operations)
      .else(etcd.get(COUNTER))
      .options({ deadline: Date.now() + DEADLINE_MS })
      .commit();
    if (succeeded) return Number(header.revision);
    const [found] = responses[0]?.response_range?.kvs ?? [];
    if (found === undefined || found.value.toString() !== counterValue(n))
      throw new RangeError(`write ${n}: the registry holds ${found?.value}`);
    return Number(found.mod_revision);
  }

  #connect(): Etcd3 {
    const { endpoints } = this.#parts;
    return connect(endpoints[this.#member % endpoints.length] ?? '', {}).etcd;
  }
}
