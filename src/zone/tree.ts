// The tree of reversed labels: finding, adding and removing services, and dropping the answers that read them.
import type { ReversedLabels } from '../wire/name.ts';
import { type Dependent, Node } from './node.ts';
import { SharedLabels } from './sharing.ts';
import { type Stored, strippedDepth } from './stored.ts';

/** Where a name leads: the deepest existing node on its path, and how many labels that node has. */
export interface Found {
  readonly node: Node;
  readonly depth: number;
}

export interface TreeHooks {
  /** Called once for each answer that a change makes untrue. */
  readonly drop: (dependent: Dependent) => void;
  /** A name begins to exist, before anything is kept there. */
  readonly added?: (node: Node) => void;
  /** A name has ceased to exist. */
  readonly removed?: (node: Node) => void;
  /** The services kept at a name change. */
  readonly touched?: (node: Node) => void;
}

export class Tree {
  readonly root = new Node('', undefined);
  readonly #labels = new SharedLabels();
  /** Nodes that stay when nothing is left below them. */
  readonly #lasting = new Set<Node>();
  readonly #hooks: TreeHooks;

  constructor(hooks: TreeHooks) {
    this.#hooks = hooks;
  }

  /** The closest existing node on the way to `labels`; it is the name itself when `depth` is all of them. */
  find(labels: ReversedLabels): Found {
    let node = this.root;
    let depth = 0;
    for (const label of labels) {
      const child = node.child(label);
      if (child === undefined) break;
      node = child;
      depth++;
    }
    return { node, depth };
  }

  /** The node of `labels`; undefined where no such name exists. */
  exact(labels: ReversedLabels): Node | undefined {
    const found = this.find(labels);
    return found.depth === labels.length ? found.node : undefined;
  }

  /** The node of `labels`, made where there is none. */
  ensure(labels: ReversedLabels): Node {
    const found = this.find(labels);
    let { node } = found;
    for (const label of labels.slice(found.depth)) {
      const child = new Node(this.#labels.of(label), node);
      node.add(child);
      node = child;
      this.#hooks.added?.(node);
    }
    return node;
  }

  /** Makes a name exist for good. */
  keep(labels: ReversedLabels): void {
    this.#lasting.add(this.ensure(labels));
  }

  /** Puts a service in its place. Answers must be dropped by `touch`, before or after. */
  attach(stored: Stored, depth: number): void {
    const { node } = stored;
    const there = node.services();
    node.stored = there.length === 0 ? stored : [...there, stored];
    countLeased(stored, 1);
    const owner = ownerOf(stored, depth);
    if (owner === node) return;
    if (owner.stripped === undefined) owner.stripped = [];
    owner.stripped.push(stored);
  }

  /** Takes a service out, and the names that existed only for it. */
  detach(stored: Stored, depth: number): void {
    const { node } = stored;
    const left = node.services().filter((other) => other !== stored);
    node.stored = left.length < 2 ? left[0] : left;
    countLeased(stored, -1);
    const owner = ownerOf(stored, depth);
    if (owner !== node) removeStripped(owner, stored);
    this.#prune(node);
  }

  #prune(from: Node): void {
    let node = from;
    while (node.isEmpty && node.parent !== undefined && !this.#lasting.has(node)) {
      node.parent.remove(node);
      this.#hooks.removed?.(node);
      node = node.parent;
    }
  }

  /** Drops every answer that read a subtree with `node` in it: those hanging from here to the root. */
  touch(node: Node): void {
    this.#hooks.touched?.(node);
    for (let at: Node | undefined = node; at !== undefined; at = at.parent) {
      const { hanging } = at;
      if (hanging === undefined) continue;
      at.hanging = undefined;
      if (hanging instanceof Set) for (const dependent of hanging) this.#let(dependent, at);
      else this.#let(hanging, at);
    }
  }

  #let(dependent: Dependent, from: Node): void {
    for (const node of dependent.reads) if (node !== from) unhang(dependent, node);
    this.#hooks.drop(dependent);
  }

  /** Hangs an answer on the nodes that it read. */
  hang(dependent: Dependent): void {
    for (const node of dependent.reads) {
      const { hanging } = node;
      if (hanging === undefined) node.hanging = dependent;
      else if (hanging instanceof Set) hanging.add(dependent);
      else if (hanging !== dependent) node.hanging = new Set([hanging, dependent]);
    }
  }

  /** Takes an answer down that is not kept any longer. */
  unhang(dependent: Dependent): void {
    for (const node of dependent.reads) unhang(dependent, node);
  }
}

function unhang(dependent: Dependent, node: Node): void {
  const { hanging } = node;
  if (hanging === dependent) node.hanging = undefined;
  else if (hanging instanceof Set) {
    hanging.delete(dependent);
    if (hanging.size === 0) node.hanging = undefined;
  }
}

/** A service has a lease, or none, for as long as its object lives. */
function countLeased({ lease, node }: Stored, by: number): void {
  if (lease === undefined) return;
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) at.leased += by;
}

/** The last one takes the place of the one that goes: one owner may have very many. */
function removeStripped(owner: Node, stored: Stored): void {
  const { stripped } = owner;
  const last = stripped?.pop();
  if (stripped === undefined || last === undefined) return;
  if (last !== stored) stripped[stripped.indexOf(stored)] = last;
  if (stripped.length === 0) owner.stripped = undefined;
}

/** The node that owns a service at `depth` labels: its own, or `targetstrip` labels further up. */
function ownerOf(stored: Stored, depth: number): Node {
  let owner = stored.node;
  const up = depth - strippedDepth(depth, stored.traits.targetstrip);
  for (let i = 0; i < up && owner.parent !== undefined; i++) owner = owner.parent;
  return owner;
}
