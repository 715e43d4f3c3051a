// One question that the table has no answer to: routed, resolved, compiled, kept where that is worth it, rendered.
import { type Counters, noCounters } from '../base/counters.ts';
import { renderFailure } from '../upstream/failure.ts';
import { readMarks } from '../upstream/marks.ts';
import { isLocal } from '../upstream/special-typed.ts';
import type { FailureKind } from '../upstream/upstreamed.ts';
import { copyOf, u16 } from '../wire/bytes.ts';
import { Class, Rcode, Type } from '../wire/codes.ts';
import { ExtendedErrorCode } from '../wire/extended-error.ts';
import { type Name, type ReversedLabels, reversedLabels, sameName } from '../wire/name.ts';
import type { Query } from '../wire/query.ts';
import { renderCompiled, renderEmpty } from '../wire/reply.ts';
import type { Contents } from '../zone/contents.ts';
import type { Node } from '../zone/node.ts';
import { type Outcome, resolve, type Ttls } from '../zone/resolve.ts';
import type { Zone } from '../zone/zones.ts';
import { chaosAnswer, type Identity } from './chaos.ts';
import { compile } from './compile.ts';
import type { Externals } from './externals.ts';
import { LateReply, limitOf } from './late-reply.ts';
import type { Outside } from './outside.ts';
import { type Asker, LATER } from './responder.ts';
import type { Typed } from './typed.ts';
import type { QueryWitness } from './witness.ts';

export interface AnswererOptions extends Identity {
  readonly ttls: Ttls;
  /** What `local.dns.<zone>` stands for (SkyDNS's host-local values). */
  readonly local?: Name | undefined;
}

/** What is found out with the help of other servers. */
export interface Beyond {
  readonly outside: Outside;
  readonly externals: Externals;
  readonly typed: Typed;
}

/** What an answer is kept under. */
type Asked = Pick<Query, 'nameLength' | 'type'> & { readonly key: Uint8Array };

/**
 * Takes a compiled answer to be kept under the query's key, until something in the nodes that it read changes, and at most
 * for `life` seconds where that is given.
 */
export type Keep = (query: Asked, compiled: Uint8Array, reads: readonly Node[], life?: number) => void;

/** Types whose answers are worth keeping; every other type is NODATA, told anew each time. */
const KEPT_TYPES: ReadonlySet<number> = new Set([
  Type.A,
  Type.AAAA,
  Type.CNAME,
  Type.MX,
  Type.NS,
  Type.PTR,
  Type.SOA,
  Type.SRV,
  Type.TXT,
]);

/** What may not be asked for, and what is said to it: transfers, and types that are no question at all (RFC 6895 3.1). */
const NOT_ASKED: ReadonlyMap<number, Rcode> = new Map([
  [Type.AXFR, Rcode.REFUSED],
  [Type.IXFR, Rcode.REFUSED],
  [Type.OPT, Rcode.FORMERR],
  [Type.TSIG, Rcode.FORMERR],
  [Type.TKEY, Rcode.NOTIMP],
  [Type.MAILA, Rcode.NOTIMP],
  [Type.MAILB, Rcode.NOTIMP],
]);

/** What is known of a name in the zones. */
type Inside = Exclude<Outcome, { kind: 'external' }> & { readonly life?: number };
type Failed = { readonly kind: 'failed'; readonly failure: FailureKind };
type Finding = Inside | Failed;
/** A compiled answer, the rcode of a reply without records, or why other servers gave none. */
type Sent = Uint8Array | Rcode | Failed;

/** Records of `from` as those of `name`. */
function underName(outcome: Inside, name: Name, from: Name): Inside {
  if (outcome.kind !== 'answer') return outcome;
  const answers = outcome.answers.map((set) => (sameName(set.owner, from) ? { ...set, owner: name } : set));
  return { ...outcome, answers };
}

/** Answers queries from the zones' contents. */
export class Answerer {
  readonly #contents: Contents;
  readonly #keep: Keep;
  readonly #counters: Counters;
  /** Undefined but for an explanation. */
  readonly #witness: QueryWitness | undefined;
  #options: AnswererOptions;
  /** Undefined where other servers are not asked. */
  #beyond: Beyond | undefined;
  /** Whether the zones' contents are known: until then every question in them is SERVFAIL. */
  #ready = false;

  constructor(
    contents: Contents,
    options: AnswererOptions,
    keep: Keep,
    counters: Counters,
    witness?: QueryWitness,
  ) {
    this.#witness = witness;
    this.#contents = contents;
    this.#keep = keep;
    this.#counters = counters;
    this.#options = options;
    contents.zones.setNegativeTtl(options.ttls.negative);
  }

  /** One that answers as this one does at the moment, watched; nothing is kept of what it answers, nor counted. */
  watched(witness: QueryWitness, beyond: Beyond | undefined): Answerer {
    const twin = new Answerer(this.#contents, this.#options, () => {}, noCounters, witness);
    twin.#beyond = this.#beyond === undefined ? undefined : beyond;
    twin.#ready = this.#ready;
    return twin;
  }

  /** From now on questions are answered from the contents. */
  ready(): void {
    this.#ready = true;
  }

  /** From now on other servers are asked what is theirs to answer; undefined: they are not. */
  lookBeyond(beyond: Beyond | undefined): void {
    this.#beyond = beyond;
  }

  /** Takes new settings. Answers made under the old ones have to be forgotten by whoever keeps them. */
  configure(options: AnswererOptions): void {
    this.#options = options;
    this.#contents.zones.setNegativeTtl(options.ttls.negative);
  }

  /**
   * Answers a query that was read from `request` with verdict OK; returns the length of the reply, or LATER. `turn`
   * picks the rotation: any whole number from 0.
   */
  answer(request: Uint8Array, query: Query, asker: Asker, turn: number, reply: Uint8Array): number {
    if (query.class !== Class.IN) return this.#send(this.#other(query), request, query, asker, turn, reply);
    const notAsked = NOT_ASKED.get(query.type);
    if (notAsked !== undefined) {
      this.#witness?.({ kind: 'not asked' });
      return renderEmpty(request, query, notAsked, reply);
    }
    const name = query.name();
    const labels = reversedLabels(name);
    const zone = this.#zoneOf(labels);
    this.#witness?.({ kind: 'zone', zone });
    if (zone === undefined) {
      const outside = this.#beyond?.outside;
      if (outside === undefined) {
        this.#witness?.({ kind: 'nobody' });
        return renderEmpty(request, query, Rcode.REFUSED, reply);
      }
      return outside.answer(request, query, asker, name, labels, reply);
    }
    if (!this.#ready) {
      this.#witness?.({ kind: 'not ready' });
      query.ede = ExtendedErrorCode.NOT_READY;
      return renderEmpty(request, query, Rcode.SERVFAIL, reply);
    }
    const outcome = this.#resolve(name, labels, query.type, zone);
    this.#witness?.({ kind: 'resolved', outcome });
    const outside = this.#beyond?.outside;
    if (outcome.kind === 'nxdomain' && outside?.mayKnow(labels, query.type, asker.client) === true) {
      this.#witness?.({ kind: 'reverse' });
      return outside.answer(request, query, asker, name, labels, reply, false);
    }
    const better =
      this.#beyond === undefined ? outcome : this.#better(outcome, name, labels, request, query, asker);
    if (better instanceof Promise) return this.#later(better, name, request, query, asker, turn);
    const answer = better.kind === 'failed' ? better : this.#compile(better, name, query, better.life);
    return this.#send(answer, request, query, asker, turn, reply);
  }

  /** The zone that answers for a name; undefined where it is for other servers to answer. */
  #zoneOf(labels: ReversedLabels): Zone | undefined {
    const zone = this.#contents.zones.of(labels);
    if (zone === undefined) return undefined;
    return this.#beyond?.outside.isDelegated(labels, zone.labels.length) === true ? undefined : zone;
  }

  /** Makes an answer anew that was kept under `key`, a name and a type, where the zones alone have one. */
  renew(key: Uint8Array): void {
    const nameLength = key.length - 2;
    const name = copyOf(key, 0, nameLength) as Name;
    const labels = reversedLabels(name);
    const zone = this.#zoneOf(labels);
    if (zone === undefined) return;
    const type = u16(key, nameLength);
    const outcome = this.#resolve(name, labels, type, zone);
    const isOwn = this.#beyond === undefined || (outcome.kind === 'answer' && outcome.externals.length === 0);
    if (outcome.kind === 'nodata' || isOwn)
      this.#compile(outcome, name, { key, nameLength, type }, undefined);
  }

  /** What the zones have, with what other servers know of it, where that has a part in it. */
  #better(
    outcome: Inside,
    name: Name,
    labels: ReversedLabels,
    request: Uint8Array,
    query: Query,
    asker: Asker,
  ): Finding | Promise<Finding> {
    const { externals, typed, outside } = this.#beyond as Beyond;
    const { type } = query;
    if (outcome.kind === 'answer') {
      if (outcome.externals.length === 0) return outcome;
      return externals.complete(outcome, type, readMarks(request, query.questionEnd));
    }
    if (outcome.kind !== 'nxdomain' || !outside.serves(asker.client)) return outcome;
    const candidates = typed.candidates(labels, type);
    if (candidates.length === 0) return outcome;
    this.#witness?.({ kind: 'typed', candidates });
    const marks = readMarks(request, query.questionEnd);
    const { zone } = outcome;
    return typed
      .find(name, type, zone, candidates, marks, this.#options.ttls)
      .then((meant) => meant ?? outcome);
  }

  #later(
    finding: Promise<Finding>,
    name: Name,
    request: Uint8Array,
    query: Query,
    asker: Asker,
    turn: number,
  ): number {
    const late = LateReply.of(request, query, asker);
    // Such a promise never rejects. What it found is not kept, since the zones may have changed meanwhile: the next to ask
    // finds at once what other servers said.
    void finding.then((found) => {
      late.send((kept, read, limit, reply) => {
        const answer = found.kind === 'failed' ? found : this.#compile(found, name, read, 0);
        return this.#render(answer, kept, read, limit, turn, reply);
      });
    });
    return LATER;
  }

  #send(
    answer: Sent,
    request: Uint8Array,
    query: Query,
    asker: Asker,
    turn: number,
    reply: Uint8Array,
  ): number {
    return this.#render(answer, request, query, limitOf(asker, query, reply), turn, reply);
  }

  #render(
    answer: Sent,
    request: Uint8Array,
    query: Query,
    limit: number,
    turn: number,
    reply: Uint8Array,
  ): number {
    if (typeof answer === 'number') return renderEmpty(request, query, answer, reply);
    if ('failure' in answer) return renderFailure(request, query, answer.failure, reply);
    return renderCompiled(request, query, answer, 0, turn, this.#contents.zones.words, limit, reply);
  }

  /** Against the zones alone. */
  #resolve(name: Name, labels: ReversedLabels, type: number, zone: Zone): Inside {
    const { ttls, local } = this.#options;
    const stands = local !== undefined && isLocal(labels, zone.labels);
    if (stands) this.#witness?.({ kind: 'local', name: local });
    const outcome = stands
      ? resolve(this.#contents, local, type, ttls, undefined, this.#witness)
      : resolve(this.#contents, name, type, ttls, labels, this.#witness);
    if (outcome.kind === 'external') return { kind: 'nxdomain', zone };
    return stands ? underName(outcome, name, local) : outcome;
  }

  /** `life`: seconds that it may be kept; 0 for not at all, undefined for as long as what it read stays as it is. */
  #compile(outcome: Inside, name: Name, query: Asked, life: number | undefined): Uint8Array {
    this.#counters.answersCompiled.inc();
    const compiled = compile(name, outcome);
    if (life !== 0 && outcome.kind !== 'nxdomain' && outcome.lasting && KEPT_TYPES.has(query.type)) {
      this.#keep(query, compiled, outcome.reads, life);
    }
    return compiled;
  }

  #other(query: Query): Uint8Array | Rcode {
    const answer =
      query.class === Class.CH ? chaosAnswer(query.name(), query.type, this.#options) : undefined;
    return answer ?? Rcode.REFUSED;
  }
}
