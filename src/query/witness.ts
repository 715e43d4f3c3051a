// What looks on while one question is answered, so that it can be explained; real questions have none.
import type { Entry } from '../upstream/cache.ts';
import type { ServerGroup } from '../upstream/group.ts';
import type { Name, ReversedLabels } from '../wire/name.ts';
import type { Outcome } from '../zone/resolve.ts';
import type { ZoneStep } from '../zone/witness.ts';
import type { Zone } from '../zone/zones.ts';

export type QueryStep =
  | ZoneStep
  /** No question for anybody: a transfer, or a type that is none. */
  | { readonly kind: 'not asked' }
  /** The zone of ours that the name lies in; undefined outside all of them. */
  | { readonly kind: 'zone'; readonly zone: Zone | undefined }
  /** The registry has not been read yet. */
  | { readonly kind: 'not ready' }
  /** The name stands for another one, of `--local`. */
  | { readonly kind: 'local'; readonly name: Name }
  /** What the zones have. */
  | { readonly kind: 'resolved'; readonly outcome: Outcome }
  /** A name in a reverse zone of ours without a key: other servers may know it. */
  | { readonly kind: 'reverse' }
  /** What may have been meant by a name that does not exist. */
  | { readonly kind: 'typed'; readonly candidates: readonly ReversedLabels[] }
  /** Nobody is asked about names outside the zones. */
  | { readonly kind: 'nobody' }
  /** This client's questions are not passed on. */
  | { readonly kind: 'not served' }
  /** Whose the name is. */
  | { readonly kind: 'group'; readonly group: ServerGroup; readonly zone: Name | undefined }
  /** A name that never leaves. */
  | { readonly kind: 'special'; readonly name: Name; readonly zone: Name }
  /** A name with too few dots. */
  | { readonly kind: 'short'; readonly name: Name; readonly ndots: number }
  /** What the cache of other servers' answers has. */
  | { readonly kind: 'cache'; readonly name: Name; readonly type: number; readonly entry: Entry }
  /** Other servers would be asked now; in the background where there is an answer all the same. */
  | {
      readonly kind: 'ask';
      readonly name: Name;
      readonly type: number;
      readonly group: ServerGroup;
      readonly background: boolean;
    };

/** Told every step, where there is one. It may not change anything, nor throw. */
export type QueryWitness = (step: QueryStep) => void;
