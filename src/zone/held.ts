// Services whose keys are gone, perhaps with many others for one reason: held for a while, and marked.
import type { ReversedLabels } from '../wire/name.ts';
import type { Node } from './node.ts';
import { Stored } from './stored.ts';

/** A leased service whose key is gone. */
export interface Lost {
  readonly key: string;
  readonly labels: ReversedLabels;
  readonly stored: Stored;
  /** It is certain that its lease ran out; else it may be so. */
  readonly certain: boolean;
}

/** Takes the place of a lost service. Whatever the registry says of the key takes its place in turn. */
export class Held extends Stored {
  readonly #mostTtl: number;

  constructor(node: Node, { stored }: Lost, mostTtl: number) {
    const { key, host, traits, revision, lease, seen } = stored;
    super(node, key, host, traits, revision, lease, seen);
    this.#mostTtl = mostTtl;
  }

  override get held(): boolean {
    return true;
  }

  override ttl(defaultTtl: number): number {
    return Math.min(super.ttl(defaultTtl), this.#mostTtl);
  }

  /** What is there again gives the same records, but is no longer marked. */
  override isSame(): boolean {
    return false;
  }
}
