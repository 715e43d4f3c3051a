// What looks on while a question is resolved, step by step, so that the answer can be explained: nobody else has one.
import type { Scope } from './scope.ts';
import type { Stored } from './stored.ts';
import type { Stop } from './walk.ts';
import type { Match } from './zones.ts';

/** Why a service that was looked at has no part in the answer. */
export type LeftOut =
  /** It makes no record of the type asked for. */
  | 'type'
  /** The shallowest services name another group. */
  | 'group'
  /** Its `targetstrip` makes it another name's. */
  | 'owner';

export type ZoneStep =
  /** The services of a name are collected; `taken` and `left` follow for each that is looked at. */
  | { readonly kind: 'collect'; readonly scope: Scope; readonly match: Match }
  | { readonly kind: 'taken'; readonly stored: Stored }
  | { readonly kind: 'left'; readonly stored: Stored; readonly why: LeftOut }
  /** There is more than one answer may cost: the rest was not looked at. */
  | { readonly kind: 'bound' }
  /** CNAMEs were followed from `start`; `ways` are those of it that lead somewhere. */
  | {
      readonly kind: 'walk';
      readonly start: Stop;
      readonly others: readonly Stop[];
      readonly ways: Stop['onward'];
    };

/** Told every step, where there is one. It may not change anything, nor throw. */
export type ZoneWitness = (step: ZoneStep) => void;
