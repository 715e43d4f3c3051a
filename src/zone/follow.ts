// Address and text questions: what a name holds itself, and what the CNAMEs that its services make lead to.
import { latin1 } from '../wire/bytes.ts';
import { Type } from '../wire/codes.ts';
import { isName, type Name, nameFromText, reversedLabels } from '../wire/name.ts';
import type { Rdata } from '../wire/rdata.ts';
import { collect } from './collect.ts';
import type { Contents } from './contents.ts';
import { type Look, lookAt } from './look.ts';
import type { RRsets } from './rrsets.ts';
import type { Stored } from './stored.ts';
import type { Trail } from './trail.ts';
import { type Holding, inOrder, leading, nextOf, walk } from './walk.ts';

/** Owners looked at for one type in one answer: more do not fit 64 KiB, each with a record of its own. */
const MAX_OWNERS = 1024;
const NO_ALIASES: Holding['aliases'] = [];

export type FollowedType = typeof Type.A | typeof Type.AAAA | typeof Type.TXT;

/** The record of the followed type that a service makes, without a detour; undefined where it makes none. */
export function ownRdata(stored: Stored, type: FollowedType): Rdata | undefined {
  const { kind, text } = stored.traits;
  if (type === Type.TXT) return text === '' ? undefined : { type, strings: cut(text) };
  if (kind !== (type === Type.A ? 'ipv4' : 'ipv6')) return undefined;
  const { address } = stored;
  return address === undefined ? undefined : { type, address };
}

/** Text as strings of at most 255 bytes (RFC 1035 3.3). */
function cut(text: string): Uint8Array[] {
  const bytes = Buffer.from(text, 'utf8');
  const strings: Uint8Array[] = [];
  for (let i = 0; i < bytes.length; i += 255) strings.push(Uint8Array.from(bytes.subarray(i, i + 255)));
  return strings;
}

/** The name that a service sends an address or text question on to. */
function aliasOf(stored: Stored, type: FollowedType): Name | undefined {
  if (stored.traits.kind !== 'name' || (type === Type.TXT && stored.traits.text !== '')) return undefined;
  return hostName(stored);
}

/** The host of a service whose host is a name. */
export function hostName(stored: Stored): Name | undefined {
  const name = nameFromText(stored.host);
  return isName(name) ? name : undefined;
}

/** Follows CNAMEs from one name, or from several one after the other, and puts what it finds into RRsets. */
export class Follow {
  readonly #contents: Contents;
  readonly #type: FollowedType;
  readonly #ttl: number;
  readonly #sets: RRsets;
  readonly #trail: Trail;
  readonly #holdings = new Map<string, Holding>();
  readonly #added = new Set<Holding>();

  constructor(contents: Contents, type: FollowedType, defaultTtl: number, sets: RRsets, trail: Trail) {
    this.#contents = contents;
    this.#type = type;
    this.#ttl = defaultTtl;
    this.#sets = sets;
    this.#trail = trail;
  }

  /** Adds what the name asked for has, seen at `look`, and what all its aliases lead to: see `from`. */
  asked(name: Name, look: Look): void {
    const holding = this.#holdingAt(look);
    if (this.#isEnd(name, holding)) return;
    this.#holdings.set(latin1(name, 0, name.length), holding);
    this.from(name, true);
  }

  /**
   * Adds what `start` has of the type and what its aliases lead to. With `all`, every alias of the start that leads
   * somewhere becomes a CNAME, before all else (the renderer sends one of them); else it has one, as owners further on.
   */
  from(start: Name, all: boolean): void {
    const holding = this.#holdingOf(start);
    if (holding === undefined || this.#isEnd(start, holding)) return;
    const [first, ...others] = walk(start, (owner) => this.#holdingOf(owner));
    if (first === undefined) return;
    const next = nextOf(first);
    const ways = all ? leading(first) : next === undefined ? [] : [next];
    this.#trail.witness?.({ kind: 'walk', start: first, others, ways });
    for (const { ttl, to } of ways) this.#sets.add(start, ttl, { type: Type.CNAME, target: to.owner });
    this.#addOwn(start, first.holding);
    for (const stop of inOrder(others, ways)) {
      const way = nextOf(stop);
      if (way !== undefined && this.#sets.of(stop.owner, Type.CNAME).rdatas.length === 0)
        this.#sets.add(stop.owner, way.ttl, { type: Type.CNAME, target: way.to.owner });
      this.#addOwn(stop.owner, stop.holding);
    }
  }

  /** Nearly always a name has records or none, and leads nowhere. */
  #isEnd(start: Name, holding: Holding): boolean {
    if (holding.aliases.length > 0) return false;
    this.#addOwn(start, holding);
    return true;
  }

  #addOwn(owner: Name, holding: Holding): void {
    if (this.#added.has(holding)) return;
    this.#added.add(holding);
    for (const { ttl, rdata } of holding.own) this.#sets.add(owner, ttl, rdata);
  }

  #holdingOf(owner: Name): Holding | undefined {
    const key = latin1(owner, 0, owner.length);
    const known = this.#holdings.get(key);
    if (known !== undefined || this.#holdings.size === MAX_OWNERS) return known;
    const holding = this.#look(owner);
    this.#holdings.set(key, holding);
    return holding;
  }

  #look(owner: Name): Holding {
    const look = lookAt(this.#contents, reversedLabels(owner));
    if (look !== undefined) return this.#holdingAt(look);
    this.#trail.leftOpen(owner);
    return { own: [], aliases: NO_ALIASES, isOutside: true };
  }

  #holdingAt(look: Look): Holding {
    this.#trail.read(look.scope.read);
    const hits = collect(look.scope, look.match, (stored) => this.#wants(stored), this.#trail.witness);
    const own: { ttl: number; rdata: Rdata }[] = [];
    for (const stored of hits) {
      this.#trail.see(stored);
      const rdata = ownRdata(stored, this.#type);
      if (rdata !== undefined) own.push({ ttl: stored.ttl(this.#ttl), rdata });
    }
    return { own, aliases: own.length === hits.length ? NO_ALIASES : this.#aliases(hits), isOutside: false };
  }

  /** By target, once each, with the smallest TTL. */
  #aliases(hits: readonly Stored[]): Holding['aliases'] {
    const aliases = new Map<string, { ttl: number; target: Name }>();
    for (const stored of hits) {
      const target = aliasOf(stored, this.#type);
      if (target === undefined) continue;
      const { host } = stored;
      const ttl = Math.min(stored.ttl(this.#ttl), aliases.get(host)?.ttl ?? Number.POSITIVE_INFINITY);
      aliases.set(host, { ttl, target });
    }
    return [...aliases].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, alias]) => alias);
  }

  #wants(stored: Stored): boolean {
    if (this.#type === Type.TXT) return stored.traits.text !== '' || stored.traits.kind === 'name';
    return stored.traits.kind === 'name' || stored.traits.kind === (this.#type === Type.A ? 'ipv4' : 'ipv6');
  }
}
