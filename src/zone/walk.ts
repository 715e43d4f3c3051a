// The web of CNAMEs behind one name: which owners it reaches, and the one CNAME of each that is on the way to records.
import { latin1 } from '../wire/bytes.ts';
import type { Name } from '../wire/name.ts';
import type { Rdata } from '../wire/rdata.ts';

/** The longest chain of CNAMEs that is followed. */
export const MAX_CHAIN = 11;

/** What one owner has of the type asked for. */
export interface Holding {
  readonly own: readonly { readonly ttl: number; readonly rdata: Rdata }[];
  /** In an order that does not depend on that of keys: the first of equally good ones is chosen. */
  readonly aliases: readonly { readonly ttl: number; readonly target: Name }[];
  /** Outside all zones: what it has is not known here. */
  readonly isOutside: boolean;
}

/** An owner reached. */
export interface Stop {
  readonly owner: Name;
  readonly holding: Holding;
  /** CNAMEs from the start, by the shortest way. */
  readonly distance: number;
  readonly onward: { readonly ttl: number; readonly to: Stop }[];
  /** CNAMEs to the nearest end: an owner with records, or outside. Infinite where none is reached, and for the start. */
  toEnd: number;
}

/**
 * Every owner reached, nearest first; the start is one of them. Breadth first, so that what is found does not depend on
 * the order of keys. `holdingOf` gives undefined for an owner that is one too many.
 */
export function walk(start: Name, holdingOf: (owner: Name) => Holding | undefined): Stop[] {
  const stops = new Map<string, Stop>();
  const reach = (owner: Name, distance: number): Stop | undefined => {
    const key = latin1(owner, 0, owner.length);
    const known = stops.get(key);
    if (known !== undefined) return known;
    const holding = holdingOf(owner);
    if (holding === undefined) return undefined;
    const isEnd = distance > 0 && (holding.isOutside || holding.own.length > 0);
    const stop: Stop = { owner, holding, distance, onward: [], toEnd: isEnd ? 0 : Number.POSITIVE_INFINITY };
    stops.set(key, stop);
    return stop;
  };
  reach(start, 0);
  for (const stop of stops.values()) {
    if (stop.distance === MAX_CHAIN) break;
    for (const { ttl, target } of stop.holding.aliases) {
      const to = reach(target, stop.distance + 1);
      if (to !== undefined) stop.onward.push({ ttl, to });
    }
  }
  const reached = [...stops.values()];
  measure(reached);
  return reached;
}

/** The start is no way to anywhere: a chain through it comes back to itself. */
function measure([, ...others]: readonly Stop[]): void {
  for (let length = 1; length < MAX_CHAIN; length++) {
    for (const stop of others) {
      if (stop.toEnd > length && stop.onward.some(({ to }) => to.toEnd === length - 1)) stop.toEnd = length;
    }
  }
}

/** The CNAMEs that may be shown of the start: those that lead to an end by a chain that is not too long. */
export function leading(start: Stop): Stop['onward'] {
  return start.onward.filter(({ to }) => to.toEnd < MAX_CHAIN);
}

/**
 * The one CNAME of an owner: towards the nearest end, so that there is no circle in a message. An owner that has records
 * needs none, and may have none beside them (RFC 2181 10.1).
 */
export function nextOf(stop: Stop): Stop['onward'][number] | undefined {
  if (stop.holding.own.length > 0) return undefined;
  let next: Stop['onward'][number] | undefined;
  for (const way of stop.onward) {
    if (way.to.toEnd < (next?.to.toEnd ?? Number.POSITIVE_INFINITY)) next = way;
  }
  return next;
}

/**
 * The stops behind the start that have something to show, each end after the CNAMEs that lead to it from `first`. Stub
 * resolvers that read a message from the front (glibc) take the target of any CNAME for the name whose addresses count
 * from there on; so ends without CNAMEs come first, and ends outside, of which no address is known, last.
 */
export function inOrder(stops: readonly Stop[], first: Stop['onward']): Stop[] {
  const ends = stops.filter((stop) => stop.toEnd === 0);
  const ways = new Map(ends.map((end) => [end, new Set<Stop>()]));
  for (const { to } of first) {
    const chain = chainOf(to);
    const end = chain.at(-1) ?? to;
    for (const stop of chain.slice(0, -1)) ways.get(end)?.add(stop);
  }
  const rank = (end: Stop): number => (end.holding.isOutside ? 2 : Math.min(1, ways.get(end)?.size ?? 0));
  const ordered = ends
    .map((end, i) => ({ end, i, rank: rank(end) }))
    .sort((a, b) => a.rank - b.rank || a.i - b.i);
  return ordered.flatMap(({ end }) => [...[...(ways.get(end) ?? [])].sort((a, b) => b.toEnd - a.toEnd), end]);
}

/** From a stop to its end. */
function chainOf(from: Stop): Stop[] {
  const chain = [from];
  for (let way = nextOf(from); way !== undefined; way = nextOf(way.to)) chain.push(way.to);
  return chain;
}
