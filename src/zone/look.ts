// What a name in a zone stands for: its nodes and the way services are matched there, the apex being special.
import type { ReversedLabels } from '../wire/name.ts';
import type { Contents } from './contents.ts';
import { type Scope, scopeOf } from './scope.ts';
import type { Match, Zone } from './zones.ts';

export interface Look {
  readonly zone: Zone;
  readonly scope: Scope;
  readonly match: Match;
  readonly isApex: boolean;
}

/** Looks at a name; undefined where it lies outside all zones. */
export function lookAt(contents: Contents, labels: ReversedLabels): Look | undefined {
  const zone = contents.zones.of(labels);
  if (zone === undefined) return undefined;
  const scope = scopeOf(contents.tree, zone, labels);
  if (labels.length > zone.labels.length) return { zone, scope, match: zone.match, isApex: false };
  if (zone.apex === 'subtree') return { zone, scope, match: 'subtree', isApex: true };
  return { zone, ...atApex(contents, zone, scope), isApex: true };
}

/** The services under `apex.dns.<zone>`, else those whose owner is the apex; never the whole zone (design section 3). */
function atApex(contents: Contents, zone: Zone, scope: Scope): { scope: Scope; match: Match } {
  const labels = [...zone.labels, 'dns', 'apex'];
  const node = contents.tree.exact(labels);
  if (node === undefined) return { scope, match: 'exact' };
  return { scope: { ...scope, roots: [node], depth: labels.length }, match: 'subtree' };
}
