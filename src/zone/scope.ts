// Which nodes a question name stands for: itself, the matches of its wildcard labels, or a stored wildcard (RFC 4592).
import type { ReversedLabels } from '../wire/name.ts';
import type { Node } from './node.ts';
import type { Tree } from './tree.ts';
import type { Zone } from './zones.ts';

/** Nodes looked at for one question, at most: what bounds the cost of a name with very many services. */
export const MAX_VISITED = 65_536;

export interface Scope {
  /** The question's labels, root first. */
  readonly labels: ReversedLabels;
  /** The nodes that the name stands for, all equally deep; none where it does not exist. */
  readonly roots: readonly Node[];
  /** Labels of each root. */
  readonly depth: number;
  /** Where a change would change this. */
  readonly read: Node;
  /** How the roots were found. */
  readonly by: 'name' | 'wildcard question' | 'stored wildcard';
}

/** `*` and `any` in a question match exactly one label. */
function isWildcard(label: string): boolean {
  return label === '*' || label === 'any';
}

export function scopeOf(tree: Tree, zone: Zone, labels: ReversedLabels): Scope {
  const first = labels.findIndex((label, i) => i >= zone.labels.length && isWildcard(label));
  if (first >= 0) return matching(tree, labels, first);
  const found = tree.find(labels);
  const { node, depth } = found;
  if (depth === labels.length) return { labels, roots: [node], depth, read: node, by: 'name' };
  // The closest encloser, where it lies in the zone, may have a wildcard among its children (RFC 4592 3.3.1).
  const star = depth >= zone.labels.length ? node.child('*') : undefined;
  if (star === undefined) return { labels, roots: [], depth: labels.length, read: node, by: 'name' };
  return { labels, roots: [star], depth: depth + 1, read: node, by: 'stored wildcard' };
}

function matching(tree: Tree, labels: ReversedLabels, first: number): Scope {
  const fixed = tree.find(labels.slice(0, first));
  let roots = fixed.depth === first ? [fixed.node] : [];
  for (const label of labels.slice(first)) {
    const next: Node[] = [];
    for (const node of roots) {
      if (next.length >= MAX_VISITED) break;
      if (isWildcard(label)) take(node.children(), MAX_VISITED, next);
      else {
        const child = node.child(label);
        if (child !== undefined) next.push(child);
      }
    }
    roots = next;
  }
  return { labels, roots, depth: labels.length, read: fixed.node, by: 'wildcard question' };
}

/** Adds nodes until there are `most`. */
function take(nodes: Iterable<Node>, most: number, taken: Node[]): void {
  for (const node of nodes) {
    if (taken.length >= most) return;
    taken.push(node);
  }
}
