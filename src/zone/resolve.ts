// One question against the zones: which records answer it, or that none do, or that the name does not exist. Pure.
import { Type } from '../wire/codes.ts';
import { type Name, type ReversedLabels, reversedLabels } from '../wire/name.ts';
import { SOA_EXPIRE, SOA_REFRESH, SOA_RETRY } from '../wire/negative.ts';
import type { Rdata } from '../wire/rdata.ts';
import { collect } from './collect.ts';
import type { Contents } from './contents.ts';
import { Follow, type FollowedType, hostName } from './follow.ts';
import { type Look, lookAt } from './look.ts';
import { Members, type Records } from './members.ts';
import type { Node } from './node.ts';
import { type RRset, RRsets } from './rrsets.ts';
import type { Stored } from './stored.ts';
import { Trail } from './trail.ts';
import type { ZoneWitness } from './witness.ts';
import type { Zone } from './zones.ts';

export type Outcome =
  /** Outside all zones. */
  | { readonly kind: 'external' }
  | { readonly kind: 'nxdomain'; readonly zone: Zone }
  | (Dependence & { readonly kind: 'nodata'; readonly zone: Zone })
  | (Dependence & {
      readonly kind: 'answer';
      readonly zone: Zone;
      /** In order: a set of CNAMEs of the question's owner comes first; of those one is to be sent. */
      readonly answers: readonly RRset[];
      readonly additional: readonly RRset[];
      /** Names outside all zones whose addresses would belong to the answer. */
      readonly externals: readonly Name[];
      /** Services whose keys are gone have a part in it. */
      readonly held?: boolean;
    });

/** How long an outcome stays true. */
interface Dependence {
  /** The nodes whose subtrees were read: true until something there changes. */
  readonly reads: readonly Node[];
  /** Whether it is worth keeping: the name exists itself, so that made-up names cannot fill a cache. */
  readonly lasting: boolean;
}

export interface Ttls {
  /** Seconds, for services that name none. */
  readonly ttl: number;
  /** Seconds that a negative answer may be kept (RFC 2308). */
  readonly negative: number;
}

/**
 * Answers a question of class IN. The SOA serial is written as 0: the renderer puts in the zone's serial of the moment.
 * `labels` are those of the name, for callers who have them. `witness` is told what is looked at and why.
 */
export function resolve(
  contents: Contents,
  name: Name,
  type: number,
  ttls: Ttls,
  labels: ReversedLabels = reversedLabels(name),
  witness?: ZoneWitness,
): Outcome {
  const look = lookAt(contents, labels);
  if (look === undefined) return { kind: 'external' };
  return new Resolution(contents, name, look, ttls, witness).answer(type);
}

const NOTHING = new RRsets();

class Resolution {
  readonly #contents: Contents;
  readonly #name: Name;
  readonly #look: Look;
  readonly #ttls: Ttls;
  readonly #trail: Trail;

  constructor(contents: Contents, name: Name, look: Look, ttls: Ttls, witness: ZoneWitness | undefined) {
    this.#contents = contents;
    this.#name = name;
    this.#look = look;
    this.#ttls = ttls;
    this.#trail = new Trail(witness);
    this.#trail.read(look.scope.read);
  }

  answer(type: number): Outcome {
    const { zone, scope, isApex } = this.#look;
    if (!isApex && scope.roots.length === 0 && scope.by === 'name') return { kind: 'nxdomain', zone };
    const records = this.#records(type);
    const answers = records.answers.list();
    const kept = { zone, reads: this.#trail.reads, lasting: this.#isLasting(answers.length > 0) };
    if (answers.length === 0) return { kind: 'nodata', ...kept };
    return {
      kind: 'answer',
      ...kept,
      answers,
      additional: records.additional.list(),
      externals: this.#trail.externals,
      held: this.#trail.held,
    };
  }

  #isLasting(found: boolean): boolean {
    const { scope, isApex } = this.#look;
    return (
      isApex || (scope.by === 'name' ? scope.roots.length > 0 : scope.by === 'wildcard question' && found)
    );
  }

  #records(type: number): Records {
    switch (type) {
      case Type.A:
      case Type.AAAA:
      case Type.TXT:
        return this.#followed(type);
      case Type.SRV:
        return this.#members(this.#look).srv();
      case Type.MX:
        return this.#members(this.#look).mx();
      case Type.CNAME:
        return this.#owned((target) => ({ type, target }));
      case Type.PTR:
        return this.#isReverse() ? this.#owned((target) => ({ type, target })) : only(NOTHING);
      case Type.NS:
        return this.#look.isApex ? this.#nameServers() : only(NOTHING);
      case Type.SOA:
        return this.#look.isApex
          ? this.#single(this.#ttls.ttl, soaOf(this.#look.zone, this.#ttls))
          : only(NOTHING);
      case Type.ANY:
        // RFC 8482 4.2: one synthesized HINFO instead of everything.
        if (!this.#look.isApex && this.#look.scope.roots.length === 0) return only(NOTHING);
        return this.#single(this.#ttls.ttl, {
          type: Type.HINFO,
          cpu: Buffer.from('RFC8482'),
          os: Buffer.alloc(0),
        });
      default:
        return only(NOTHING);
    }
  }

  #followed(type: FollowedType): Records {
    const answers = new RRsets();
    new Follow(this.#contents, type, this.#ttls.ttl, answers, this.#trail).asked(this.#name, this.#look);
    return only(answers);
  }

  #members(look: Look): Members {
    return new Members(this.#contents, look, this.#name, this.#ttls.ttl, this.#trail);
  }

  /** At the apex, the services under `ns.dns.<zone>`. */
  #nameServers(): Records {
    const look = lookAt(this.#contents, [...this.#look.zone.labels, 'dns', 'ns']);
    // A wildcard answers for any name, but that makes no name servers of its services.
    if (look === undefined || look.scope.by === 'stored wildcard') return only(NOTHING);
    return this.#members({ ...look, match: 'subtree' }).ns();
  }

  /** Records made of the names that services owned by the question's name have as hosts. */
  #owned(rdata: (target: Name) => Rdata): Records {
    const answers = new RRsets();
    const named = (stored: Stored): boolean => stored.traits.kind === 'name';
    for (const stored of collect(this.#look.scope, 'exact', named, this.#trail.witness)) {
      this.#trail.see(stored);
      const target = hostName(stored);
      if (target !== undefined) answers.add(this.#name, stored.ttl(this.#ttls.ttl), rdata(target));
    }
    return only(answers);
  }

  #isReverse(): boolean {
    const [top, second] = this.#look.scope.labels;
    return top === 'arpa' && (second === 'in-addr' || second === 'ip6');
  }

  #single(ttl: number, rdata: Rdata): Records {
    const answers = new RRsets();
    answers.add(this.#name, ttl, rdata);
    return only(answers);
  }
}

function only(answers: RRsets): Records {
  return { answers, additional: NOTHING };
}

/** The zone's SOA record, its serial left 0. */
function soaOf(zone: Zone, ttls: Ttls): Rdata {
  return {
    type: Type.SOA,
    mname: zone.mname,
    rname: zone.rname,
    serial: 0,
    refresh: SOA_REFRESH,
    retry: SOA_RETRY,
    expire: SOA_EXPIRE,
    minimum: ttls.negative,
  };
}
