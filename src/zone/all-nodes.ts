// Walks over the whole tree: every node, and the services that a list did not name.
import type { Node } from './node.ts';
import type { Stored } from './stored.ts';

/** `root` and all nodes below it. */
export function* nodes(root: Node): Generator<Node> {
  const waiting = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    yield node;
    for (const child of node.children()) waiting.push(child);
  }
}

/** Every service that list number `list` did not name, but for those that are held all the same. */
export function gone(root: Node, list: number): Stored[] {
  const found: Stored[] = [];
  for (const node of nodes(root))
    for (const stored of node.services()) if (stored.seen !== list && !stored.held) found.push(stored);
  return found;
}
