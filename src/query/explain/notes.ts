// The steps of one watched question, as they are asked for afterwards.
import type { Scope } from '../../zone/scope.ts';
import type { Stored } from '../../zone/stored.ts';
import type { LeftOut } from '../../zone/witness.ts';
import type { Match } from '../../zone/zones.ts';
import type { QueryStep } from '../witness.ts';

type StepOf<K extends QueryStep['kind']> = Extract<QueryStep, { kind: K }>;

/** So many services of one name are kept as such; more are counted. */
const MOST_SERVICES = 100;
/** So many names' services, and so many other steps: an SRV answer may look at thousands of hosts. */
const MOST_LOOKS = 50;
const MOST_STEPS = 1000;

/** What was seen where the services of one name were collected. */
export interface LookNotes {
  readonly scope: Scope;
  readonly match: Match;
  readonly taken: Stored[];
  readonly left: { readonly stored: Stored; readonly why: LeftOut }[];
  used: number;
  readonly leftOut: Record<LeftOut, number>;
  bounded: boolean;
}

export class Notes {
  readonly looks: LookNotes[] = [];
  readonly #steps: QueryStep[] = [];
  /** Where services that come next belong; not among `looks` where there are too many. */
  #look: LookNotes | undefined;

  readonly witness = (step: QueryStep): void => {
    if (step.kind === 'collect') this.#begin(step);
    else if (step.kind === 'taken' || step.kind === 'left' || step.kind === 'bound') this.#saw(step);
    else if (this.#steps.length < MOST_STEPS) this.#steps.push(step);
  };

  all<K extends QueryStep['kind']>(kind: K): readonly StepOf<K>[] {
    return this.#steps.filter((step): step is StepOf<K> => step.kind === kind);
  }

  first<K extends QueryStep['kind']>(kind: K): StepOf<K> | undefined {
    return this.all(kind)[0];
  }

  has(kind: QueryStep['kind']): boolean {
    return this.first(kind) !== undefined;
  }

  /** Other servers have to be asked before the client has its answer. */
  get isOpen(): boolean {
    return this.all('ask').some(({ background }) => !background);
  }

  #begin({ scope, match }: StepOf<'collect'>): void {
    const leftOut = { type: 0, group: 0, owner: 0 };
    this.#look = { scope, match, taken: [], left: [], used: 0, leftOut, bounded: false };
    if (this.looks.length < MOST_LOOKS) this.looks.push(this.#look);
  }

  #saw(step: StepOf<'taken' | 'left' | 'bound'>): void {
    const look = this.#look;
    if (look === undefined) return;
    if (step.kind === 'bound') look.bounded = true;
    else if (step.kind === 'taken') {
      look.used++;
      if (look.taken.length < MOST_SERVICES) look.taken.push(step.stored);
    } else {
      look.leftOut[step.why]++;
      if (look.left.length < MOST_SERVICES) look.left.push(step);
    }
  }
}
