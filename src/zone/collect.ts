// services(N): the services that a name returns, the group rule applied, at a bounded cost (design section 3).
import type { Node } from './node.ts';
import { MAX_VISITED, type Scope } from './scope.ts';
import { type Stored, strippedDepth } from './stored.ts';
import type { Match } from './zones.ts';

/** The most services collected for one answer: more of even the smallest records would not fit 64 KiB. */
export const MAX_FOUND = 4096;

type Wanted = (stored: Stored) => boolean;

/**
 * The wanted services of a scope: at its nodes or below them, or (`exact`) owned by them. Shallow ones come first,
 * and the group rule does not depend on the order of keys.
 */
export function collect(scope: Scope, match: Match, wanted: Wanted): Stored[] {
  const levels = match === 'exact' ? ownedLevels(scope) : subtreeLevels(scope.roots);
  const found: Stored[] = [];
  let group: GroupRule | undefined;
  for (const level of levels) {
    if (level.length === 0) continue;
    group ??= groupRule(level);
    for (const stored of level) {
      if (found.length >= MAX_FOUND) return found;
      if (wanted(stored) && group(stored)) found.push(stored);
    }
  }
  return found;
}

type GroupRule = (stored: Stored) => boolean;

/** The shallowest services decide: where they name one group, deeper services of another are left out. */
function groupRule(shallowest: readonly Stored[]): GroupRule {
  const groups = new Set(shallowest.map((stored) => stored.traits.group).filter((group) => group !== ''));
  const [only] = groups;
  if (groups.size !== 1 || only === undefined) return () => true;
  return (stored) => stored.traits.group === '' || stored.traits.group === only;
}

/** The services of each level of the subtrees, from the roots down, until enough nodes were looked at. */
function* subtreeLevels(roots: readonly Node[]): Iterable<readonly Stored[]> {
  let visited = 0;
  let nodes = [...roots];
  while (nodes.length > 0 && visited < MAX_VISITED) {
    visited += nodes.length;
    yield nodes.flatMap((node) => node.services());
    nodes = below(nodes, MAX_VISITED - visited);
  }
}

function below(nodes: readonly Node[], limit: number): Node[] {
  const next: Node[] = [];
  for (const node of nodes) {
    for (const child of node.children()) {
      if (next.length >= limit) return next;
      next.push(child);
    }
  }
  return next;
}

/** The services that the roots own: their own that are not stripped away, and those stripped up to them, level by level. */
function* ownedLevels(scope: Scope): Iterable<readonly Stored[]> {
  const { roots, depth } = scope;
  yield roots.flatMap((root) =>
    root.services().filter((stored) => strippedDepth(depth, stored.traits.targetstrip) === depth),
  );
  const byStrip = new Map<number, Stored[]>();
  for (const stored of strippedTo(roots)) {
    const strip = stored.traits.targetstrip;
    const level = byStrip.get(strip);
    if (level === undefined) byStrip.set(strip, [stored]);
    else level.push(stored);
  }
  for (const strip of [...byStrip.keys()].sort((a, b) => a - b)) yield byStrip.get(strip) ?? [];
}

function* strippedTo(roots: readonly Node[]): Iterable<Stored> {
  let visited = 0;
  for (const root of roots) {
    for (const stored of root.stripped ?? []) {
      if (++visited > MAX_VISITED) return;
      yield stored;
    }
  }
}
