// A name whose leased services vanished in such numbers that they are held.
import { labelsToText } from '../wire/name.ts';

/** A name and how many leased services it had before the losses. */
export interface Place {
  readonly path: string;
  readonly of: number;
}

/** A name whose services are held. */
export interface Guarded {
  /** With the final dot. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** How many leased services it had before. */
  readonly of: number;
  /** How many are held now. */
  readonly held: number;
}

/** A name whose losses were too many, and what has become of its services since. */
export class Guarding implements Guarded {
  readonly path: string;
  readonly name: string;
  readonly since: number;
  readonly of: number;
  /** The beat from which on nothing more is taken in. */
  readonly until: number;
  /** Whether people are told. */
  readonly loud: boolean;
  held = 0;
  /** How many were held in all, and how many of those came back. */
  total = 0;
  returned = 0;

  constructor(place: Place, since: number, until: number, loud: boolean) {
    this.path = place.path;
    this.name = labelsToText(place.path.split('/'));
    this.of = place.of;
    this.since = since;
    this.until = until;
    this.loud = loud;
  }
}
