// What is served, name by name, as /v1/live sends it: a walk over a tree that changes meanwhile, and one name as it is now.
import type { Contents } from '../zone/contents.ts';
import { labelsOfNode, type Node } from '../zone/node.ts';
import type { Stored } from '../zone/stored.ts';
import type { LiveName, LiveService } from './live-format.ts';

/** So much of a text is sent, in characters. */
const MOST_TEXT = 200;

/**
 * Every node with services, each at most once. The tree may change between two steps: what is added or goes meanwhile may
 * be met or not, what stays is met.
 */
export function* nodesServed(root: Node): Generator<Node> {
  // Iterators, not nodes: a name may have a million children.
  const waiting = [steady(root)];
  for (let top = waiting.at(-1); top !== undefined; top = waiting.at(-1)) {
    const { done, value: node } = top.next();
    if (done === true) {
      waiting.pop();
      continue;
    }
    if (node.stored !== undefined) yield node;
    if (node.hasChildren) waiting.push(steady(node));
  }
}

/** Short lists of children shift when one goes; Maps bear it. */
function steady(node: Node): Iterator<Node, undefined> {
  const children = node.children();
  return (Array.isArray(children) ? [...children] : children)[Symbol.iterator]();
}

/** The name of a node, which may have left the tree, with what is served there now. */
export function nameNow({ tree }: Contents, node: Node): LiveName {
  const labels = labelsOfNode(node);
  const services = tree.exact(labels)?.services() ?? [];
  return [labels.join('/'), ...services.map(liveService)];
}

function liveService({ host, traits, lease, held }: Stored): LiveService {
  const { port, priority, weight, text, mail, ttl, group } = traits;
  return {
    ...(host !== '' && { host }),
    ...(port !== 0 && { port }),
    ...(priority !== 0 && { priority }),
    ...(weight !== 0 && { weight }),
    ...(text !== '' && { text: beginning(text) }),
    ...(mail && { mail }),
    ...(ttl !== undefined && { ttl }),
    ...(group !== '' && { group: beginning(group) }),
    ...(lease !== undefined && { lease: lease.ttl }),
    ...(held && { held }),
  };
}

function beginning(text: string): string {
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text;
}
