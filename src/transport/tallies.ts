// The counts of all threads on all addresses there ever were, for whoever shows them.
import { addressText } from '../wire/address.ts';
import type { Query, Transport } from '../wire/query.ts';
import { Tally, tallyMemory } from './tally.ts';

/** Who has counted what a tally holds. */
export interface Counted {
  /** The address that was asked, `dns://127.0.0.1:5300`. */
  readonly server: string;
  readonly proto: Transport;
  readonly tally: Tally;
}

interface Place {
  readonly host: string;
  readonly port: number;
}

export class Tallies {
  readonly all: Counted[] = [];
  readonly #zones: number;

  /** `zones`: how many there are. */
  constructor(zones = 0) {
    this.#zones = zones;
  }

  /** Memory for the counts of one more thread on an address. */
  add(place: Place, proto: Transport): SharedArrayBuffer {
    const memory = tallyMemory(this.#zones);
    this.all.push({ server: `dns://${addressText(place)}`, proto, tally: new Tally(memory) });
    return memory;
  }

  /** One more tally, of the main thread. */
  open(place: Place, proto: Transport): Tally {
    return new Tally(this.add(place, proto));
  }
}

/**
 * Counts a reply of the main thread to `query`, which came in `asked` bytes and was taken in at `began`, on the clock of
 * performance.now().
 */
export function countReply(
  tally: Tally,
  query: Query,
  asked: number,
  isIpv4: boolean,
  reply: Uint8Array,
  size: number,
  began: number,
): void {
  tally.answered(query, asked, isIpv4, reply, 0, size);
  tally.tookOne(query.zone, (performance.now() - began) * 1000);
}
