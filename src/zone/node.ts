// One name in the tree of reversed labels: its children, the services kept there, and the answers that read its subtree.
import { labelsToText, type Name, nameFromReversed } from '../wire/name.ts';
import type { Stored } from './stored.ts';

/** An answer that must be dropped when something below one of these nodes changes. */
export interface Dependent {
  /** Where it hangs. */
  readonly reads: readonly Node[];
}

// Most names have a handful of children: a short array is a quarter of the size of a Map, and as quick.
const ARRAY_LIMIT = 16;

export class Node {
  readonly label: string;
  readonly parent: Node | undefined;
  #children: Node[] | Map<string, Node> | undefined = undefined;
  /** Services whose key is this name: one, unless keys differ only in case. */
  stored: Stored | readonly Stored[] | undefined = undefined;
  /** Services further down whose owner is this name, by their `targetstrip`. */
  stripped: Stored[] | undefined = undefined;
  hanging: Dependent | Set<Dependent> | undefined = undefined;
  /** How many services at it and below it have leases. */
  leased = 0;

  constructor(label: string, parent: Node | undefined) {
    this.label = label;
    this.parent = parent;
  }

  child(label: string): Node | undefined {
    const children = this.#children;
    if (children === undefined) return undefined;
    if (children instanceof Map) return children.get(label);
    for (const child of children) if (child.label === label) return child;
    return undefined;
  }

  children(): Iterable<Node> {
    const children = this.#children;
    if (children === undefined) return [];
    return children instanceof Map ? children.values() : children;
  }

  get hasChildren(): boolean {
    return this.#children !== undefined;
  }

  /** Adds a child whose label no other child has. */
  add(child: Node): void {
    const children = this.#children;
    if (children === undefined) this.#children = [child];
    else if (children instanceof Map) children.set(child.label, child);
    // A new array is just long enough; one that grows by push would keep room for sixteen more.
    else if (children.length < ARRAY_LIMIT) this.#children = [...children, child];
    else this.#children = new Map([...children, child].map((node) => [node.label, node]));
  }

  remove(child: Node): void {
    const children = this.#children;
    if (children instanceof Map) children.delete(child.label);
    else if (children !== undefined) children.splice(children.indexOf(child), 1);
    const left = children instanceof Map ? children.size : (children?.length ?? 0);
    if (left === 0) this.#children = undefined;
  }

  /** The services kept at this very name. */
  services(): readonly Stored[] {
    if (this.stored === undefined) return [];
    return isList(this.stored) ? this.stored : [this.stored];
  }

  get isEmpty(): boolean {
    return this.stored === undefined && this.#children === undefined;
  }
}

function isList(stored: Stored | readonly Stored[]): stored is readonly Stored[] {
  return Array.isArray(stored);
}

/** The labels of a node, root first. */
export function labelsOfNode(node: Node): string[] {
  const labels: string[] = [];
  for (let at = node; at.parent !== undefined; at = at.parent) labels.push(at.label);
  return labels.reverse();
}

/** The name of a node. Only labels that make a name are ever put into the tree. */
export function nameOfNode(node: Node): Name {
  return nameOfLabels(labelsOfNode(node));
}

export function nameOfLabels(labels: readonly string[]): Name {
  const name = nameFromReversed(labels);
  if (typeof name === 'string') throw new RangeError(`${labelsToText(labels)}: ${name}`);
  return name;
}
