// Questions about names outside the zones: who may ask them, what never leaves, whom else to ask, what the client gets.
import type { Clock } from '../base/clock.ts';
import { Source } from '../tap/record.ts';
import type { Answer, Outcome } from '../upstream/cache.ts';
import { ownQuestion } from '../upstream/cache-question.ts';
import { renderAnswer } from '../upstream/cache-render.ts';
import type { Resolver } from '../upstream/cache-resolver.ts';
import { renderFailure } from '../upstream/failure.ts';
import type { Forwarder } from '../upstream/forwarder.ts';
import type { ServerGroup } from '../upstream/group.ts';
import { type Marks, readMarks } from '../upstream/marks.ts';
import { isTruncated } from '../upstream/receive.ts';
import { special } from '../upstream/special.ts';
import { answerByItself } from '../upstream/special-answer.ts';
import { compileSpecial } from '../upstream/special-compile.ts';
import { isTooShort } from '../upstream/special-typed.ts';
import type { UpstreamFailure } from '../upstream/upstreamed.ts';
import type { Client } from '../wire/client.ts';
import { Rcode } from '../wire/codes.ts';
import { ExtendedErrorCode } from '../wire/extended-error.ts';
import { type Name, type ReversedLabels, reversedLabels } from '../wire/name.ts';
import { inAnyNetwork, type Network } from '../wire/network.ts';
import type { Query, Transport } from '../wire/query.ts';
import { renderCompiled, renderEmpty } from '../wire/reply.ts';
import { LateReply, limitOf } from './late-reply.ts';
import { type Asker, LATER } from './responder.ts';
import type { QueryWitness } from './witness.ts';

/** The servers of the stub zone that a name lies in. */
export interface Stub {
  readonly name: Name;
  readonly group: ServerGroup;
}

export interface OutsideOptions {
  /** Whose questions are passed on. */
  readonly clients: readonly Network[];
  /** Names with fewer dots are not passed on. */
  readonly ndots: number;
}

export interface OutsideParts {
  readonly forwarder: Pick<Forwarder, 'forward' | 'isOwnProbe'>;
  readonly resolver: Pick<Resolver, 'resolve'>;
  /** Whom to ask for everything; undefined where only stub zones are passed on. */
  readonly servers: () => ServerGroup | undefined;
  /** The stub zone of the longest match that is longer than our own zone, which has `ownDepth` labels. */
  readonly stubOf: (labels: ReversedLabels, ownDepth?: number) => Stub | undefined;
  /** Takes an answer to be kept for all who ask the same. */
  readonly keep: (request: Uint8Array, query: Query, answer: Answer) => void;
  readonly clock: Clock;
  /** Undefined but for an explanation. */
  readonly witness?: QueryWitness | undefined;
}

const NO_ZONES = new Uint32Array(16);

export class Outside {
  readonly #parts: OutsideParts;
  #options: OutsideOptions;

  constructor(options: OutsideOptions, parts: OutsideParts) {
    this.#options = options;
    this.#parts = parts;
  }

  configure(options: OutsideOptions): void {
    this.#options = options;
  }

  /** One that does as this one does at the moment, with other parts in the place of some. */
  with(parts: Partial<OutsideParts>): Outside {
    return new Outside(this.#options, { ...this.#parts, ...parts });
  }

  /** Whether this client's questions are passed on. */
  serves(client: Client): boolean {
    return inAnyNetwork(this.#options.clients, client);
  }

  /** Whether a name in a zone of ours, of `ownDepth` labels, lies in a stub zone within it. */
  isDelegated(labels: ReversedLabels, ownDepth: number): boolean {
    return this.#parts.stubOf(labels, ownDepth) !== undefined;
  }

  /** Whether others may know a name in a reverse zone of ours that has no key, and this client may ask them. */
  mayKnow(labels: ReversedLabels, type: number, client: Client): boolean {
    if (this.#parts.servers() === undefined || !isReverse(labels)) return false;
    return special(labels, type) === undefined && this.serves(client);
  }

  /**
   * Answers a question of class IN about a name that is not in the zones, or in a stub zone, or that `mayKnow` is about;
   * returns the length of the reply, or LATER. What is in a zone of ours may not be kept: a key of that name ends it.
   */
  answer(
    request: Uint8Array,
    query: Query,
    asker: Asker,
    name: Name,
    labels: ReversedLabels,
    reply: Uint8Array,
    mayKeep = true,
  ): number {
    if (this.#parts.forwarder.isOwnProbe(name)) return renderEmpty(request, query, Rcode.REFUSED, reply);
    const stub = this.#parts.stubOf(labels);
    const group = stub?.group ?? this.#parts.servers();
    if (group === undefined) {
      this.#parts.witness?.({ kind: 'nobody' });
      return renderEmpty(request, query, Rcode.REFUSED, reply);
    }
    this.#parts.witness?.({ kind: 'group', group, zone: stub?.name });
    if (!this.serves(asker.client)) {
      this.#parts.witness?.({ kind: 'not served' });
      return refuse(request, query, reply);
    }
    query.recursionAvailable = true;
    // Whoever passed it on as one of a stub zone of theirs thought it was ours: to pass it on again would be a circle.
    if (stub !== undefined && readMarks(request, query.questionEnd).stubbed)
      return refuse(request, query, reply);
    if (stub === undefined) {
      const local = this.#locally(request, query, asker, name, labels, reply);
      if (local !== undefined) return local;
    }
    return this.#ask(request, query, asker, group, reply, mayKeep);
  }

  /** Names that nobody is asked for. */
  #locally(
    request: Uint8Array,
    query: Query,
    asker: Asker,
    name: Name,
    labels: ReversedLabels,
    reply: Uint8Array,
  ): number | undefined {
    return this.#byItself(request, query, name, labels, limitOf(asker, query, reply), reply);
  }

  #byItself(
    request: Uint8Array,
    query: Query,
    name: Name,
    labels: ReversedLabels,
    limit: number,
    reply: Uint8Array,
  ): number | undefined {
    const known = special(labels, query.type);
    if (known !== undefined) {
      this.#parts.witness?.({ kind: 'special', name, zone: known.zone });
      return renderCompiled(request, query, compileSpecial(name, known), 0, 0, NO_ZONES, limit, reply);
    }
    const { ndots } = this.#options;
    if (!isTooShort(labels, query.type, ndots)) return undefined;
    this.#parts.witness?.({ kind: 'short', name, ndots });
    return renderEmpty(request, query, Rcode.NXDOMAIN, reply);
  }

  #ask(
    request: Uint8Array,
    query: Query,
    asker: Asker,
    group: ServerGroup,
    reply: Uint8Array,
    mayKeep: boolean,
  ): number {
    const { resolver, forwarder, keep } = this.#parts;
    const ask = () => forwarder.forward(request, query, asker.client.text(), group);
    const outcome = resolver.resolve(request, query, ask);
    if (outcome instanceof Promise) return this.#later(request, query, asker, outcome);
    asker.cameFrom?.(Source.CACHE);
    if (outcome.kind === 'answer' && mayKeep) keep(request, query, outcome);
    return this.#render(outcome, asker.transport, request, query, limitOf(asker, query, reply), reply);
  }

  #later(request: Uint8Array, query: Query, asker: Asker, outcome: Promise<Outcome>): number {
    const late = LateReply.of(request, query, asker);
    const { transport } = asker;
    // Such a promise never rejects.
    void outcome.then((settled) => late.send((...rest) => this.#render(settled, transport, ...rest)));
    return LATER;
  }

  #render(
    outcome: Answer | UpstreamFailure,
    transport: Transport,
    request: Uint8Array,
    query: Query,
    limit: number,
    reply: Uint8Array,
  ): number {
    if (outcome.kind !== 'answer') return renderFailure(request, query, outcome.kind, reply);
    // Other servers could not be asked over TCP. Over UDP what came is better than nothing, and TC says that it is not all;
    // over TCP clients would take it for the whole.
    if (transport === 'tcp' && isTruncated(outcome.reply.message))
      return renderFailure(request, query, 'unreachable', reply);
    return renderAnswer(outcome, request, query, this.#parts.clock.now(), limit, reply);
  }

  /** Whether there is anybody to ask about a name; where only stub zones are passed on, most names are nobody's. */
  canAsk(name: Name, marks: Marks): boolean {
    return this.#groupFor(reversedLabels(name), marks) !== undefined;
  }

  /** Whom to ask for the sake of a query that had these marks. */
  #groupFor(labels: ReversedLabels, marks: Marks): ServerGroup | undefined {
    return (marks.stubbed ? undefined : this.#parts.stubOf(labels)?.group) ?? this.#parts.servers();
  }

  /**
   * A question of this server's own about a name outside the zones, the host of a service for instance. `marks`: those of
   * the query for whose sake it asks.
   */
  ask(name: Name, type: number, marks: Marks): Outcome | Promise<Outcome> {
    const { resolver, forwarder, servers, clock } = this.#parts;
    const labels = reversedLabels(name);
    const group = this.#groupFor(labels, marks);
    const { request, query } = ownQuestion(name, type, marks);
    if (group === undefined || group === servers()) {
      const local = answerByItself(
        request,
        query,
        clock.now(),
        (reply) => this.#byItself(request, query, name, labels, reply.length, reply) ?? 0,
      );
      if (local !== undefined) return local;
    }
    if (group === undefined) return { kind: 'unreachable' };
    return resolver.resolve(request, query, () => forwarder.forward(request, query, undefined, group));
  }
}

/** Names of addresses (RFC 1035 3.5, RFC 3596 2.5). */
export function isReverse([top, second]: ReversedLabels): boolean {
  return top === 'arpa' && (second === 'in-addr' || second === 'ip6');
}

/** RFC 8914 4.19. */
function refuse(request: Uint8Array, query: Query, reply: Uint8Array): number {
  query.ede = ExtendedErrorCode.PROHIBITED;
  return renderEmpty(request, query, Rcode.REFUSED, reply);
}
