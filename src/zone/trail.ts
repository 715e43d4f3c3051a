// What following a name has gathered beside the records: the nodes that it read, and the targets outside all zones.
import { latin1 } from '../wire/bytes.ts';
import type { Name } from '../wire/name.ts';
import type { Node } from './node.ts';
import type { Stored } from './stored.ts';
import type { ZoneWitness } from './witness.ts';

/** Nearly every answer reads one node: from so many on they are looked up in a set. */
const FEW = 8;
const NONE: ReadonlyMap<string, Name> = new Map();

export class Trail {
  readonly #reads: Node[] = [];
  #known: Set<Node> | undefined;
  #externals: Map<string, Name> | undefined;
  /** Undefined where nobody looks on. */
  readonly witness: ZoneWitness | undefined;

  constructor(witness?: ZoneWitness) {
    this.witness = witness;
  }

  /** Services that are held although their keys are gone have a part in it. */
  held = false;

  /** Whose subtrees were read, each once. */
  get reads(): readonly Node[] {
    return this.#reads;
  }

  /** Each once. */
  get externals(): readonly Name[] {
    return [...(this.#externals ?? NONE).values()];
  }

  read(node: Node): void {
    if (this.#has(node)) return;
    this.#reads.push(node);
    this.#known?.add(node);
  }

  /** Notes a service that has a part in it. */
  see(stored: Stored): void {
    if (stored.held) this.held = true;
  }

  #has(node: Node): boolean {
    if (this.#reads.length < FEW) return this.#reads.includes(node);
    this.#known ??= new Set(this.#reads);
    return this.#known.has(node);
  }

  leftOpen(target: Name): void {
    this.#externals ??= new Map();
    this.#externals.set(latin1(target, 0, target.length), target);
  }
}
