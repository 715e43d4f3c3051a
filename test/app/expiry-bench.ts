// A zone under the guard against mass expiry, with a registry that is played: its leases, its answers, its clock.
import { setImmediate as turn } from 'node:timers/promises';
import { ExpiryGuard, type ExpiryOptions } from '../../src/app/expiry-guard.ts';
import { ManualClock } from '../../src/base/clock.ts';
import { FingerpostError } from '../../src/base/errors.ts';
import type { LogLine } from '../../src/base/log.ts';
import type { Change, Entry } from '../../src/service/entry.ts';
import { typeFromName } from '../../src/wire/codes.ts';
import { Contents } from '../../src/zone/contents.ts';
import { type Outcome, resolve } from '../../src/zone/resolve.ts';
import { Zones } from '../../src/zone/zones.ts';
import { name, PREFIX, TTLS } from '../support/zone-fixture.ts';
import { linesOfOutcome } from '../support/zone-text.ts';

/** What the registry says of a lease: gone, alive, revoked where it was heeded before, or it does not answer. */
export type Say = 'gone' | 'revoked' | 'alive' | 'silent' | 'away' | 'refused';

export class Bench {
  readonly clock = new ManualClock(1_000_000);
  readonly contents: Contents;
  readonly guard: ExpiryGuard;
  readonly log: string[] = [];
  readonly counts = { held: 0, heldTotal: 0, expiryGuards: 0 };
  /** What is in the registry: keys with their entries. */
  readonly registry = new Map<string, Entry>();
  /** Of each lease; those that are not named here are alive. */
  readonly says = new Map<string, Say>();
  readonly silent: { lease: string; answer: (expired: boolean) => void }[] = [];
  readonly asked: string[] = [];
  readonly heeded = new Set<string>();
  /** The most questions that were open at one time. */
  most = 0;
  /** How many services there are, whenever that has changed otherwise than by a batch. */
  readonly steps: number[] = [];
  #asking = 0;
  revision = 1;

  constructor(options: Partial<ExpiryOptions> = {}, zone = 'example.org') {
    const line =
      (level: string): LogLine =>
      (fields, message) =>
        void this.log.push([level, message, JSON.stringify(fields)].join(' '));
    const logger = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
    this.contents = new Contents(new Zones([{ name: zone }]), PREFIX, {
      drop: () => {},
      bad: () => {},
      lost: (lost) => this.guard.lost(lost),
      told: (key) => this.guard.told(key),
    });
    const { counts } = this;
    this.guard = new ExpiryGuard(
      { expiryGuard: 50, staleTtl: 7, ...options },
      {
        contents: this.contents,
        heed: (leases) => {
          for (const lease of leases) this.heeded.add(lease);
        },
        hasExpired: (lease) => this.#hasExpired(lease),
        counters: {
          held: {
            set: (value) => {
              counts.held = value;
            },
          },
          heldTotal: {
            inc: (by = 1) => {
              counts.heldTotal += by;
            },
          },
          expiryGuards: {
            inc: (by = 1) => {
              counts.expiryGuards += by;
            },
          },
        },
        logger,
        clock: this.clock,
        changed: () => void this.steps.push(this.contents.services),
      },
    );
    this.contents.listing();
    this.contents.listed(1);
  }

  async #hasExpired(lease: string): Promise<boolean> {
    this.asked.push(lease);
    this.most = Math.max(this.most, ++this.#asking);
    try {
      return await this.#said(lease);
    } finally {
      this.#asking--;
    }
  }

  async #said(lease: string): Promise<boolean> {
    const say = this.says.get(lease) ?? 'alive';
    if (say === 'silent') return new Promise((answer) => this.silent.push({ lease, answer }));
    if (say === 'away') throw new FingerpostError('unavailable', 'etcd is away');
    if (say === 'refused') throw new FingerpostError('registry', 'permission denied');
    return say === 'gone' || (say === 'revoked' && !this.heeded.has(lease));
  }

  /** Puts a service under a lease of its own, which is alive. */
  put(key: string, ttl = 60, value: object | string = { host: '10.0.0.1' }, id = ''): this {
    const revision = ++this.revision;
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const lease = ttl === 0 ? undefined : { id: id === '' ? `${key}@${revision}` : id, ttl };
    const entry = { key: `${PREFIX}/${key}`, value: text, revision, lease, writtenAt: undefined };
    this.registry.set(key, entry);
    this.contents.apply({ revision, changes: [{ kind: 'put', entry }] });
    return this;
  }

  /** `org/example/web/1` and so on. */
  fill(name: string, from: number, to: number): string[] {
    const keys = Array.from({ length: to - from + 1 }, (_, i) => `${name}/${from + i}`);
    for (const [i, key] of keys.entries()) this.put(key, 60, { host: `10.0.${i >> 8}.${i & 255}` });
    return keys;
  }

  leaseOf(key: string): string {
    return this.registry.get(key)?.lease?.id ?? '';
  }

  /** Keys go, each in a revision of its own; `say` is what the registry says of their leases then. */
  async lose(keys: readonly string[], say: Say, certain = false): Promise<this> {
    for (const key of keys) {
      this.says.set(this.leaseOf(key), say);
      this.drop([key], certain);
    }
    return this.settled();
  }

  /** Keys go in one revision. */
  drop(keys: readonly string[], certain = false): this {
    const revision = ++this.revision;
    const changes = keys.map((key): Change => {
      this.registry.delete(key);
      const gone = { kind: 'delete', key: `${PREFIX}/${key}`, revision } as const;
      return certain ? { ...gone, expired: true } : gone;
    });
    this.contents.apply({ revision, changes });
    return this;
  }

  /** The registry is listed anew. */
  relist(revision = ++this.revision): this {
    this.revision = revision;
    this.contents.listing();
    this.contents.page([...this.registry.values()]);
    this.contents.listed(revision);
    return this;
  }

  /** All answers have come, and what they lead to is done. */
  async settled(): Promise<this> {
    for (let i = 0; i < 5; i++) {
      await turn();
      this.clock.advance(0);
    }
    return this;
  }

  async pass(seconds: number): Promise<this> {
    for (let i = 0; i < seconds; i++) {
      this.clock.advance(1_000);
      await this.settled();
    }
    return this;
  }

  outcome(question: string): Outcome {
    const [owner = '', type = ''] = question.split(' ');
    return resolve(this.contents, name(owner), typeFromName(type) ?? -1, TTLS);
  }

  ask(question: string): string[] {
    return linesOfOutcome(this.outcome(question));
  }

  /** How many addresses a name has. */
  addresses(owner = 'web.example.org'): number {
    return this.ask(`${owner} A`).filter((line) => line.includes(' A ')).length;
  }
}
