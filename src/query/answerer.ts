// One question that the table has no answer to: routed, resolved, compiled, kept where that is worth it, rendered.
import type { Counters } from '../base/counters.ts';
import { Class, MAX_MESSAGE, Rcode, Type } from '../wire/codes.ts';
import type { Query } from '../wire/query.ts';
import { renderCompiled, renderEmpty } from '../wire/reply.ts';
import type { Contents } from '../zone/contents.ts';
import type { Node } from '../zone/node.ts';
import { resolve, type Ttls } from '../zone/resolve.ts';
import { chaosAnswer, type Identity } from './chaos.ts';
import { compile } from './compile.ts';
import type { Asker } from './responder.ts';

export interface AnswererOptions extends Identity {
  readonly ttls: Ttls;
}

/** Takes a compiled answer to be kept under the query's key, until something in the nodes that it read changes. */
export type Keep = (query: Query, compiled: Uint8Array, reads: readonly Node[]) => void;

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

/** Answers queries from the zones' contents. */
export class Answerer {
  readonly #contents: Contents;
  readonly #keep: Keep;
  readonly #counters: Counters;
  #options: AnswererOptions;
  /** Whether the zones' contents are known: until then every question in them is SERVFAIL. */
  #ready = false;

  constructor(contents: Contents, options: AnswererOptions, keep: Keep, counters: Counters) {
    this.#contents = contents;
    this.#keep = keep;
    this.#counters = counters;
    this.#options = options;
    contents.zones.setNegativeTtl(options.ttls.negative);
  }

  /** From now on questions are answered from the contents. */
  ready(): void {
    this.#ready = true;
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
    const answer = query.class === Class.IN ? this.#resolve(query) : this.#other(query);
    if (typeof answer === 'number') return renderEmpty(request, query, answer, reply);
    const limit = Math.min(asker.transport === 'udp' ? query.udpLimit : MAX_MESSAGE, reply.length);
    return renderCompiled(request, query, answer, 0, turn, this.#contents.zones.words, limit, reply);
  }

  /** A compiled answer, or the rcode of a reply without records. */
  #resolve(query: Query): Uint8Array | Rcode {
    const notAsked = NOT_ASKED.get(query.type);
    if (notAsked !== undefined) return notAsked;
    const name = query.name();
    const outcome = resolve(this.#contents, name, query.type, this.#options.ttls);
    if (outcome.kind === 'external') return Rcode.REFUSED;
    if (!this.#ready) return Rcode.SERVFAIL;
    this.#counters.answersCompiled.inc();
    const compiled = compile(name, outcome);
    if (outcome.kind !== 'nxdomain' && outcome.lasting && KEPT_TYPES.has(query.type)) {
      this.#keep(query, compiled, outcome.reads);
    }
    return compiled;
  }

  #other(query: Query): Uint8Array | Rcode {
    const answer =
      query.class === Class.CH ? chaosAnswer(query.name(), query.type, this.#options) : undefined;
    return answer ?? Rcode.REFUSED;
  }
}
