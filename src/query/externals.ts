// Hosts outside the zones that services lead to: completed with what other servers know of them.
import type { Clock } from '../base/clock.ts';
import type { Outcome as Known } from '../upstream/cache.ts';
import { isAnswer } from '../upstream/cache-reply.ts';
import type { Marks } from '../upstream/marks.ts';
import { isTruncated } from '../upstream/receive.ts';
import type { FailureKind } from '../upstream/upstreamed.ts';
import { Type } from '../wire/codes.ts';
import type { ResourceRecord } from '../wire/message.ts';
import type { Name } from '../wire/name.ts';
import type { Outcome } from '../zone/resolve.ts';
import { type RRset, RRsets } from '../zone/rrsets.ts';
import { recordsOf } from './foreign.ts';
import type { Outside } from './outside.ts';

export type Positive = Extract<Outcome, { kind: 'answer' }>;
/** `life`: seconds that it may be kept; 0 for not at all, undefined for as long as the zones stay as they are. */
export type Whole = Positive & { readonly life?: number };
/** The outcome with what was found added to it, or why there is nothing to say. */
export type Completed = Whole | { readonly kind: 'failed'; readonly failure: FailureKind };

const BOTH = [Type.A, Type.AAAA] as const;

/** Types asked outside for the sake of a question. */
function typesFor(type: number): readonly number[] {
  if (type === Type.A || type === Type.AAAA) return [type];
  return type === Type.SRV || type === Type.MX ? BOTH : [];
}

interface Wanted {
  readonly name: Name;
  readonly type: number;
}

export class Externals {
  readonly #outside: Outside;
  readonly #clock: Clock;
  /** How long other servers may take, in milliseconds. */
  timeoutMs: number;

  constructor(outside: Outside, timeoutMs: number, clock: Clock) {
    this.#outside = outside;
    this.timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /** Completes an outcome to a question of `type`; at once where everything is known already. The promise never rejects. */
  complete(outcome: Positive, type: number, marks: Marks): Completed | Promise<Completed> {
    const wanted = outcome.externals
      .filter((name) => this.#outside.canAsk(name, marks))
      .flatMap((name) => typesFor(type).map((one) => ({ name, type: one })));
    if (wanted.length === 0) return outcome;
    const known = wanted.map((one) => this.#ask(one, marks));
    if (known.some((one) => one instanceof Promise))
      return Promise.all(known).then((all) => this.#join(outcome, type, wanted, all));
    return this.#join(outcome, type, wanted, known as Known[]);
  }

  #ask({ name, type }: Wanted, marks: Marks): Known | Promise<Known> {
    const known = this.#outside.ask(name, type, marks);
    if (!(known instanceof Promise)) return known;
    return new Promise((resolve) => {
      const cancel = this.#clock.after(this.timeoutMs, () => resolve({ kind: 'timeout' }));
      void known.then((outcome) => {
        cancel();
        resolve(outcome);
      });
    });
  }

  #join(outcome: Positive, type: number, wanted: readonly Wanted[], known: readonly Known[]): Completed {
    const now = this.#clock.now();
    const records = known.flatMap((one, i) => {
      const { name, type: asked } = wanted[i] as Wanted;
      return one.kind === 'answer' ? recordsOf(one, name, asked, now) : [];
    });
    const life = lifeOf(known, now);
    if (type === Type.SRV || type === Type.MX) return { ...withAdditional(outcome, records), life };
    const [failure] = known.flatMap(failureOf);
    const isBare = records.length === 0 && outcome.answers.every((set) => set.type !== type);
    // A name without addresses is not the same as one whose addresses could not be found out.
    if (failure !== undefined && isBare) return { kind: 'failed', failure };
    return { ...withAnswers(outcome, records), life };
  }
}

/** None where it is known what there is, all of it, or that there is nothing. */
export function failureOf(known: Known): FailureKind[] {
  if (known.kind !== 'answer') return [known.kind];
  return isAnswer(known.reply) && !isTruncated(known.reply.message) ? [] : ['unreachable'];
}

/** As long as all that was found out holds, and not where something could not be. */
function lifeOf(known: readonly Known[], now: number): number {
  const ends = known.map((one) => (failureOf(one).length > 0 || one.kind !== 'answer' ? now : one.heldUntil));
  return Math.max(0, Math.floor((Math.min(...ends) - now) / 1000));
}

/** Behind the CNAMEs that lead out of the zones: all of them with the least TTL of both sides. */
function withAnswers(outcome: Positive, records: readonly ResourceRecord[]): Positive {
  const within = Math.min(...outcome.answers.map(({ type, ttl }) => (type === Type.CNAME ? ttl : Infinity)));
  const without = Math.min(...records.map(({ ttl }) => ttl));
  const answers = outcome.answers.map((set) =>
    set.type === Type.CNAME ? { ...set, ttl: Math.min(set.ttl, without) } : set,
  );
  return { ...outcome, answers: [...answers, ...setsOf(records, within)] };
}

function withAdditional(outcome: Positive, records: readonly ResourceRecord[]): Positive {
  const within = Math.min(...outcome.answers.map(({ ttl }) => ttl));
  return { ...outcome, additional: [...outcome.additional, ...setsOf(records, within)] };
}

/** In the order in which they came, TTLs no longer than `most`. */
export function setsOf(records: readonly ResourceRecord[], most: number): RRset[] {
  const sets = new RRsets();
  for (const { owner, ttl, rdata } of records) sets.add(owner, Math.min(ttl, most), rdata);
  return sets.list();
}
