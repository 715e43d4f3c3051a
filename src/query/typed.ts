// Names as people type them: what may have been meant by one that does not exist, found out for the client in one go.
import type { Clock } from '../base/clock.ts';
import type { Marks } from '../upstream/marks.ts';
import { completions } from '../upstream/special-typed.ts';
import type { FailureKind } from '../upstream/upstreamed.ts';
import { Rcode, Type } from '../wire/codes.ts';
import type { ResourceRecord } from '../wire/message.ts';
import { isName, type Name, nameFromReversed, type ReversedLabels } from '../wire/name.ts';
import type { Contents } from '../zone/contents.ts';
import { type Outcome, resolve, type Ttls } from '../zone/resolve.ts';
import type { RRset } from '../zone/rrsets.ts';
import type { Zone } from '../zone/zones.ts';
import { type Externals, failureOf, type Positive, setsOf } from './externals.ts';
import { recordsOf } from './foreign.ts';
import type { Outside } from './outside.ts';

/** What the name stood for, nothing at all, or that it cannot be found out now. */
export type Meant = Positive | undefined | { readonly kind: 'failed'; readonly failure: FailureKind };

export interface TypedParts {
  readonly contents: Contents;
  readonly outside: Outside;
  readonly externals: Externals;
  readonly clock: Clock;
}

export class Typed {
  readonly #parts: TypedParts;
  /** The search domains that clients have in their resolv.conf, in order; none: names are taken as they are. */
  search: readonly ReversedLabels[];

  constructor(search: readonly ReversedLabels[], parts: TypedParts) {
    this.search = search;
    this.#parts = parts;
  }

  /** Names that a name in a zone may stand for, though it does not exist. */
  candidates(labels: ReversedLabels, type: number): readonly ReversedLabels[] {
    return completions(labels, type, this.search);
  }

  /** The first of `candidates` that exists, behind a CNAME from `name`, which belongs to `zone`. Never rejects. */
  async find(
    name: Name,
    type: number,
    zone: Zone,
    candidates: readonly ReversedLabels[],
    marks: Marks,
    ttls: Ttls,
  ): Promise<Meant> {
    for (const labels of candidates) {
      const candidate = nameFromReversed(labels);
      if (!isName(candidate)) continue;
      const known = resolve(this.#parts.contents, candidate, type, ttls);
      const found =
        known.kind === 'external'
          ? await this.#outside(candidate, type, zone, marks)
          : await this.#inside(known, zone, type, marks);
      if (found === undefined) continue;
      return found.kind === 'failed' ? found : behindAlias(found, name, candidate, ttls);
    }
    return undefined;
  }

  async #inside(
    known: Exclude<Outcome, { kind: 'external' }>,
    zone: Zone,
    type: number,
    marks: Marks,
  ): Promise<Meant> {
    if (known.kind === 'nxdomain') return undefined;
    return known.kind === 'answer' ? this.#parts.externals.complete(known, type, marks) : answerOf(zone, []);
  }

  async #outside(candidate: Name, type: number, zone: Zone, marks: Marks): Promise<Meant> {
    if (!this.#parts.outside.canAsk(candidate, marks)) return undefined;
    const known = await this.#parts.outside.ask(candidate, type, marks);
    const [failure] = failureOf(known);
    if (failure !== undefined) return { kind: 'failed', failure };
    if (known.kind !== 'answer' || known.reply.rcode === Rcode.NXDOMAIN) return undefined;
    const records: ResourceRecord[] = recordsOf(known, candidate, type, this.#parts.clock.now());
    return answerOf(zone, setsOf(records, Number.POSITIVE_INFINITY));
  }
}

function answerOf(zone: Zone, answers: readonly RRset[]): Positive {
  return { kind: 'answer', zone, answers, additional: [], externals: [], reads: [], lasting: false };
}

function behindAlias(found: Positive, name: Name, target: Name, ttls: Ttls): Positive {
  const ttl = Math.min(ttls.negative, ...found.answers.map((set) => set.ttl));
  const alias: RRset = { owner: name, type: Type.CNAME, ttl, rdatas: [{ type: Type.CNAME, target }] };
  const [first, ...others] = found.answers;
  // Of several CNAMEs of the target one may be sent.
  const single =
    first?.type === Type.CNAME ? [{ ...first, rdatas: first.rdatas.slice(0, 1) }] : [first ?? []].flat();
  return { ...found, answers: [alias, ...single, ...others] };
}
