// One figure: something measured, with what it takes to run it.
import type { TestBed } from './harness/bed.ts';
import type { Outcome } from './harness/results.ts';

export interface Pace {
  /** Short runs that show the harness works; their numbers mean little. */
  readonly quick: boolean;
  /** How often each side is measured, alternating. */
  readonly runs: number;
  /** How long what goes on for long goes on, where that was said. */
  readonly minutes?: number;
}

export interface Figure {
  readonly name: string;
  readonly title: string;
  /** It takes so long that it is measured only where it is named. */
  readonly onlyNamed?: boolean;
  measure(bed: TestBed, pace: Pace): Promise<Outcome>;
}
