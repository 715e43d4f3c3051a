// Sentences about names and services of the zones: which exist, which count, which are left out.
import { quoted } from '../../service/problem.ts';
import { Type, typeName } from '../../wire/codes.ts';
import { sameName } from '../../wire/name.ts';
import { labelsOfNode, type Node } from '../../zone/node.ts';
import type { Outcome } from '../../zone/resolve.ts';
import { MAX_CHAIN, type Stop } from '../../zone/walk.ts';
import type { ShownReason } from './explanation.ts';
import type { LookNotes } from './notes.ts';
import { because, few, many, plain, plainLabels, type Seen, shownKey } from './seen.ts';

/** What a service needs for a record of the type. */
const NEEDS: Readonly<Record<number, string>> = {
  [Type.A]: 'an IPv4 address or a host name',
  [Type.AAAA]: 'an IPv6 address or a host name',
  [Type.TXT]: 'a text or a host name',
  [Type.SRV]: 'a host',
  [Type.MX]: '"mail": true and a host',
  [Type.NS]: 'an address',
  [Type.CNAME]: 'a host that is a name',
  [Type.PTR]: 'a host that is a name',
};

export function serviceReasons(seen: Seen): ShownReason[] {
  const { notes, type } = seen;
  const outcome = notes.first('resolved')?.outcome;
  if (outcome === undefined) return [];
  const local = notes.first('local');
  const stands =
    local === undefined ? [] : [because('local', `It stands for ${plain(local.name)} (--local).`)];
  const look = notes.looks[0];
  if (outcome.kind === 'nxdomain') return [...stands, ...absence(seen)];
  if (look === undefined) return [...stands, ...ruleOf(type, outcome)];
  return [
    ...stands,
    ...placeOf(look, seen),
    ...countsOf(look, type),
    ...sameOf(look, outcome),
    ...aliasesOf(seen),
    ...heldOf(notes.looks),
  ];
}

/** No key is at the name or below it. */
function absence({ labels, contents, notes }: Seen): ShownReason[] {
  const zone = notes.first('zone')?.zone;
  const { node, depth } = contents.tree.find(labels);
  const reasons = [
    because(
      'nxdomain',
      `The name does not exist: there is no key ${shownKey(contents.keyAt(labels))}, and none below it.`,
    ),
  ];
  if (depth === labels.length) return reasons;
  reasons.push(because('encloser', `The closest name that exists is ${plainLabels(labelsOfNode(node))}.`));
  const star = wildcardAbove(node, zone?.labels.length ?? 0);
  if (star !== undefined)
    reasons.push(
      because(
        'wildcard-unused',
        `The wildcard ${star} does not reach it, since ${plainLabels(labelsOfNode(node))} exists (RFC 4592).`,
      ),
    );
  return reasons;
}

/** The nearest wildcard beside a node or one above it, within a zone of so many labels. */
function wildcardAbove(from: Node, zoneDepth: number): string | undefined {
  let depth = labelsOfNode(from).length;
  for (let at = from.parent; at !== undefined && --depth >= zoneDepth; at = at.parent)
    if (at.child('*') !== undefined) return plainLabels([...labelsOfNode(at), '*']);
  return undefined;
}

/** Answered, or not, without a look at any service. */
function ruleOf(type: number, outcome: Outcome): ShownReason[] {
  if (outcome.kind === 'answer') {
    if (type === Type.ANY) return [because('any', 'Questions of type ANY get one HINFO record (RFC 8482).')];
    return [
      because(
        'soa',
        'The SOA record of a zone is made by the server; its serial is the revision of the last change.',
      ),
    ];
  }
  if (type === Type.NS || type === Type.SOA)
    return [because('apex-only', `${typeName(type)} records are at the apex of a zone only.`)];
  if (type === Type.PTR)
    return [because('reverse-only', 'PTR records are in reverse zones only (in-addr.arpa, ip6.arpa).')];
  return [
    because('no-such-type', `The name exists, but no service makes records of type ${typeName(type)}.`),
  ];
}

/** Which keys the name stands for. */
function placeOf({ scope, match }: LookNotes, { labels, contents, notes }: Seen): ShownReason[] {
  const [root] = scope.roots;
  const zone = notes.first('zone')?.zone;
  const asked = plainLabels(labels);
  if (scope.by === 'stored wildcard' && root !== undefined)
    return [
      because(
        'wildcard-key',
        `${plainLabels(scope.labels)} does not exist itself: the wildcard ${plainLabels(labelsOfNode(root))} answers for it (key ${shownKey(contents.keyAt(labelsOfNode(root)))}).`,
      ),
    ];
  if (scope.by === 'wildcard question')
    return [
      because(
        'wildcard-question',
        `* and any stand for one label each: ${asked} matches ${many(scope.roots.length, 'name')}${scope.roots.length === 0 ? '' : ` (${few(scope.roots.map((node) => plainLabels(labelsOfNode(node))))})`}.`,
      ),
    ];
  const shown = root === undefined ? undefined : labelsOfNode(root);
  const isApex = zone !== undefined && labels.length === zone.labels.length;
  if (isApex && shown !== undefined && shown.length > zone.labels.length)
    return [because('apex', `At the apex the services under ${plainLabels(shown)} count.`)];
  if (isApex && match === 'exact')
    return [
      because(
        'apex',
        `At the apex the services under apex.dns.${asked} would count; there are none, so those whose own name is the apex do.`,
      ),
    ];
  if (isApex) return [because('apex', 'At the apex every service of the zone counts (apex=subtree).')];
  return besideOf(root, zone?.labels.length ?? 0);
}

/** A wildcard that would answer, were the name not there. */
function besideOf(root: Node | undefined, zoneDepth: number): ShownReason[] {
  const star = root === undefined ? undefined : wildcardAbove(root, zoneDepth);
  if (star === undefined) return [];
  return [
    because('wildcard-unused', `The wildcard ${star} has no part in it, since the name itself exists.`),
  ];
}

function countsOf(look: LookNotes, type: number): ShownReason[] {
  const { scope, match, used, leftOut, bounded } = look;
  const needs = NEEDS[type] ?? 'such a record';
  const where = match === 'exact' ? 'whose own name it is' : 'at it or below it';
  const reasons: ShownReason[] = [];
  const total = used + leftOut.type + leftOut.group + leftOut.owner;
  if (used > 0)
    reasons.push(
      because('services', `${many(used, 'service')} ${where} ${used === 1 ? 'has' : 'have'} ${needs}.`),
    );
  else if (total === 0) reasons.push(because('no-services', `There is no service ${where}.`));
  if (leftOut.type > 0)
    reasons.push(
      because(
        'other-type',
        `${many(leftOut.type, 'service')} ${leftOut.type === 1 ? 'has' : 'have'} no such record: ${leftOut.type === 1 ? 'it lacks' : 'they lack'} ${needs}.`,
      ),
    );
  if (leftOut.group > 0) reasons.push(groupReason(look));
  if (leftOut.owner > 0)
    reasons.push(
      because(
        'other-owner',
        `${many(leftOut.owner, 'service')} at it ${leftOut.owner === 1 ? 'belongs' : 'belong'} to another name, by targetstrip.`,
      ),
    );
  if (match === 'exact' && scope.roots.some((root) => root.hasChildren))
    reasons.push(
      because('below-exact', 'Services below it do not count, but for those that targetstrip makes its own.'),
    );
  if (bounded)
    reasons.push(
      because(
        'bound',
        'There are more services or names below it than one answer may cost: the rest is not looked at.',
      ),
    );
  return reasons;
}

function groupReason({ left, leftOut }: LookNotes): ShownReason {
  const groups = [
    ...new Set(left.filter(({ why }) => why === 'group').map(({ stored }) => stored.traits.group)),
  ];
  const count = leftOut.group;
  return because(
    'group',
    `${many(count, 'deeper service')} of the group ${few(groups.map(quoted))} ${count === 1 ? 'is' : 'are'} left out: the shallowest services are of another group.`,
  );
}

/** Equal records are sent once. */
function sameOf({ used }: LookNotes, outcome: Outcome): ShownReason[] {
  if (outcome.kind !== 'answer') return [];
  const [first, ...others] = outcome.answers;
  const records = others.length === 0 ? (first?.rdatas.length ?? used) : used;
  if (records >= used) return [];
  return [
    because('duplicates', `Services that give the same record give it once: ${many(records, 'record')}.`),
  ];
}

function aliasesOf({ notes, name, type }: Seen): ShownReason[] {
  const walk = notes.all('walk').find(({ start }) => sameName(start.owner, name));
  const start = walk?.start;
  if (walk === undefined || start === undefined || start.onward.length === 0) return [];
  const reasons = walk.ways.map(({ to }) => because('alias', `It is an alias: ${chainOf(to)}.`)).slice(0, 5);
  if (walk.ways.length > 1)
    reasons.push(
      because('alias-one', `Of ${walk.ways.length} CNAMEs one is sent in a reply, each in its turn.`),
    );
  for (const { to } of start.onward.filter(({ to }) => !walk.ways.some((way) => way.to === to)).slice(0, 5))
    reasons.push(
      because(
        'alias-lost',
        `The CNAME to ${plain(to.owner)} leads to no ${typeName(type)} record within ${MAX_CHAIN} CNAMEs, so it is left out.`,
      ),
    );
  return reasons;
}

/** `CNAME a.example., CNAME b.example.` and where that ends. */
function chainOf(to: Stop): string {
  const names: string[] = [];
  let at: Stop | undefined = to;
  while (at !== undefined && names.length <= MAX_CHAIN) {
    names.push(`CNAME ${plain(at.owner)}${at.holding.isOutside ? ' (outside the zones)' : ''}`);
    const end: number = at.toEnd;
    at = end === 0 ? undefined : at.onward.find((way) => way.to.toEnd === end - 1)?.to;
  }
  return names.join(', ');
}

function heldOf(looks: readonly LookNotes[]): ShownReason[] {
  const held = looks.flatMap(({ taken }) => taken).filter((stored) => stored.held).length;
  if (held === 0) return [];
  return [
    because(
      'held',
      `${many(held, 'service')} ${held === 1 ? 'is' : 'are'} served although the lease ran out, since most of a name did at once (--expiry-guard).`,
    ),
  ];
}
