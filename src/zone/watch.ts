// Tells when the services at a name or below it have changed: an answer that is made anew each time it is dropped.
import type { ReversedLabels } from '../wire/name.ts';
import { type Dependent, labelsOfNode, type Node } from './node.ts';
import type { Stored } from './stored.ts';
import type { Tree } from './tree.ts';

/** A service below the name that is watched. */
export interface Watched {
  /** The labels that its name has more, root first; none at the name itself. */
  readonly labels: ReversedLabels;
  readonly stored: Stored;
}

/**
 * Hangs in the tree as an answer does; whoever gets the tree's `drop` has to call `dropped` on it. Changes that come
 * together are told once, a moment later.
 */
export class Watch implements Dependent {
  reads: readonly Node[] = [];
  readonly #tree: Tree;
  readonly #labels: ReversedLabels;
  readonly #changed: (services: readonly Watched[]) => void;
  #wasEmpty = true;
  #isWaiting = false;

  /** `changed` is called with all services at `labels` or below, whenever they may have changed. */
  constructor(tree: Tree, labels: ReversedLabels, changed: (services: readonly Watched[]) => void) {
    this.#tree = tree;
    this.#labels = labels;
    this.#changed = changed;
    this.#look();
  }

  /** Something changed where it hung, and it hangs no more. */
  dropped(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    // A drop may come before the change it is about.
    queueMicrotask(() => {
      this.#isWaiting = false;
      this.#look();
    });
  }

  /** Where there is no such name, it hangs above: what makes the name be changes something there. */
  #look(): void {
    const { node, depth } = this.#tree.find(this.#labels);
    this.reads = [node];
    this.#tree.hang(this);
    const services = depth === this.#labels.length ? servicesBelow(node, depth) : [];
    if (services.length === 0 && this.#wasEmpty) return;
    this.#wasEmpty = services.length === 0;
    this.#changed(services);
  }
}

function servicesBelow(top: Node, depth: number): Watched[] {
  const found: Watched[] = [];
  const waiting = [top];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const services = node.services();
    if (services.length > 0) {
      const labels = labelsOfNode(node).slice(depth);
      for (const stored of services) found.push({ labels, stored });
    }
    for (const child of node.children()) waiting.push(child);
  }
  return found;
}
