// Names as people type them: too short to be asked for outside, or with the search domain that their resolver added.
import { Type } from '../wire/codes.ts';
import { problemOf, type ReversedLabels } from '../wire/name.ts';

/** RFC 4034 5 and 2. */
const DS = 43;
const DNSKEY = 48;

/**
 * Types that no person's program asks for a host: those that validating resolvers walk down the tree with. They must
 * reach `com` and the like.
 */
const OF_THE_TREE: ReadonlySet<number> = new Set([Type.NS, Type.SOA, DS, DNSKEY]);

/**
 * Whether a name has too few dots to be asked for outside (`--ndots`). What it is answered is NXDOMAIN without an SOA:
 * the stub resolver goes on to its next search domain at once and in the end says that there is no such host, where after
 * SERVFAIL, as SkyDNS has it, it would ask its other servers, wait, and say "try again"; and no cache on the way keeps
 * what is not true of the name elsewhere (RFC 2308 5).
 */
export function isTooShort(labels: ReversedLabels, type: number, ndots: number): boolean {
  // `a` has no dot, `a.b` one. The root is nobody's short name.
  return labels.length > 0 && labels.length <= ndots && !OF_THE_TREE.has(type);
}

/** Types whose answers may begin with a CNAME that nobody put there. */
const COMPLETED: ReadonlySet<number> = new Set([Type.A, Type.AAAA]);

/**
 * What a person may have meant with a name that does not exist, to which the first search domain (of `search`) was added:
 * the same with the other search domains, in order, then as it was typed. Empty for any other name. The first of them that
 * exists is the answer, behind a CNAME from the question's name.
 */
export function completions(
  labels: ReversedLabels,
  type: number,
  search: readonly ReversedLabels[],
): readonly ReversedLabels[] {
  const [first, ...others] = search;
  if (first === undefined || !COMPLETED.has(type)) return [];
  if (labels.length <= first.length || first.some((label, i) => labels[i] !== label)) return [];
  const typed = labels.slice(first.length);
  return [...others.map((domain) => [...domain, ...typed]), typed].filter(
    (name) => problemOf(name) === undefined,
  );
}

/** Whether a name is `local.dns.<zone>`, which stands for the name given with `--local`. */
export function isLocal(labels: ReversedLabels, zone: ReversedLabels): boolean {
  const depth = zone.length;
  return labels.length === depth + 2 && labels[depth] === 'dns' && labels[depth + 1] === 'local';
}
