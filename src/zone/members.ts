// SRV, MX and NS: the services of a name as members with targets, and the addresses of those targets.
import { Type } from '../wire/codes.ts';
import type { Name } from '../wire/name.ts';
import type { Rdata } from '../wire/rdata.ts';
import { collect } from './collect.ts';
import type { Contents } from './contents.ts';
import { Follow, type FollowedType, hostName, ownRdata } from './follow.ts';
import type { Look } from './look.ts';
import { targetOf } from './owners.ts';
import { RRsets } from './rrsets.ts';
import type { Stored } from './stored.ts';
import type { Trail } from './trail.ts';

/** What priority and weight mean where a service names none (0 included), as SkyDNS has it. */
const DEFAULT_PRIORITY = 10;
const DEFAULT_WEIGHT = 100;
const ADDRESS_TYPES = [Type.A, Type.AAAA] as const;

/** One service with the name that clients are sent to. */
interface Member {
  readonly stored: Stored;
  readonly target: Name;
}

/** A host that is a name is its own target; an address gets the name of its key. */
function membersOf(look: Look, hits: readonly Stored[]): Member[] {
  const members: Member[] = [];
  for (const stored of hits) {
    const target = stored.traits.kind === 'name' ? hostName(stored) : targetOf(stored, look.scope);
    if (target !== undefined) members.push({ stored, target });
  }
  return members;
}

function priorityOf(stored: Stored): number {
  return stored.traits.priority || DEFAULT_PRIORITY;
}

/** The records of an answer and the addresses that go with them. */
export interface Records {
  readonly answers: RRsets;
  readonly additional: RRsets;
}

/** Gathers SRV, MX or NS records of one owner. */
export class Members {
  readonly #contents: Contents;
  readonly #look: Look;
  readonly #owner: Name;
  readonly #ttl: number;
  readonly #trail: Trail;
  readonly #answers = new RRsets();
  readonly #additional = new RRsets();

  constructor(contents: Contents, look: Look, owner: Name, defaultTtl: number, trail: Trail) {
    this.#contents = contents;
    this.#look = look;
    this.#owner = owner;
    this.#ttl = defaultTtl;
    this.#trail = trail;
  }

  #members(wanted: (stored: Stored) => boolean): Member[] {
    const hits = collect(this.#look.scope, this.#look.match, wanted, this.#trail.witness);
    for (const stored of hits) this.#trail.see(stored);
    return membersOf(this.#look, hits);
  }

  /** One record a service with a host (RFC 2782); shares are computed after duplicates have gone. */
  srv(): Records {
    const members = this.#members((stored) => stored.traits.kind !== 'none');
    const records = new RRsets();
    for (const { stored, target } of members) {
      const { port, weight } = stored.traits;
      const priority = priorityOf(stored);
      records.add(this.#owner, stored.ttl(this.#ttl), {
        type: Type.SRV,
        priority,
        weight: weight || DEFAULT_WEIGHT,
        port,
        target,
      });
    }
    this.#share(records);
    return this.#withAddresses(members);
  }

  /** Weights as shares of the zone's scale among equals in priority: floor(scale w / sum), at least 1. */
  #share(records: RRsets): void {
    const scale = this.#look.zone.weights;
    const [set] = records.list();
    if (set === undefined) return;
    const sums = new Map<number, number>();
    for (const rdata of set.rdatas) {
      if (rdata.type === Type.SRV) sums.set(rdata.priority, (sums.get(rdata.priority) ?? 0) + rdata.weight);
    }
    for (const rdata of set.rdatas) {
      if (rdata.type !== Type.SRV) continue;
      const { type, priority, weight, port, target } = rdata;
      const share = Math.floor((scale * weight) / (sums.get(priority) ?? weight));
      this.#answers.add(this.#owner, set.ttl, { type, priority, weight: Math.max(1, share), port, target });
    }
  }

  /** Services with `mail`, preference by priority. */
  mx(): Records {
    const members = this.#members(({ traits }) => traits.mail && traits.kind !== 'none');
    for (const { stored, target } of members) {
      const rdata: Rdata = { type: Type.MX, preference: priorityOf(stored), exchange: target };
      this.#answers.add(this.#owner, stored.ttl(this.#ttl), rdata);
    }
    return this.#withAddresses(members);
  }

  /** Name servers; their addresses are required, since a name server's name may be no alias (RFC 2181 10.3). */
  ns(): Records {
    const members = this.#members(({ traits }) => traits.kind === 'ipv4' || traits.kind === 'ipv6');
    for (const { stored, target } of members) {
      this.#answers.add(this.#owner, stored.ttl(this.#ttl), { type: Type.NS, target });
    }
    return this.#withAddresses(members);
  }

  #withAddresses(members: readonly Member[]): Records {
    let follows: readonly Follow[] | undefined;
    const followed = new Set<string>();
    for (const { stored, target } of members) {
      if (stored.traits.kind !== 'name') {
        this.#addOwn(stored, target);
        continue;
      }
      if (followed.has(stored.host)) continue;
      followed.add(stored.host);
      follows ??= ADDRESS_TYPES.map((type) => this.#follow(type));
      for (const follow of follows) follow.from(target, false);
    }
    return { answers: this.#answers, additional: this.#additional };
  }

  #addOwn(stored: Stored, target: Name): void {
    const type = stored.traits.kind === 'ipv4' ? Type.A : Type.AAAA;
    const own = ownRdata(stored, type);
    if (own !== undefined) this.#additional.add(target, stored.ttl(this.#ttl), own);
  }

  #follow(type: FollowedType): Follow {
    return new Follow(this.#contents, type, this.#ttl, this.#additional, this.#trail);
  }
}
