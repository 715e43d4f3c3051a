// One check after the other, at their pace, each with its time; what they tell of the health of a service.
import type { Cancel, Clock } from '../base/clock.ts';
import { Health, type Thresholds } from './health.ts';

/** One look at the service: undefined where it is well, else why not. Never rejects; an aborted one may never resolve. */
export type Probe = (signal: AbortSignal) => Promise<string | undefined>;

export interface CheckPlan extends Thresholds {
  /** Milliseconds from the beginning of one check to that of the next. */
  readonly interval: number;
  /** Milliseconds that a check may take. */
  readonly timeout: number;
}

export interface ChecksDeps {
  readonly probe: Probe;
  readonly plan: CheckPlan;
  /** Not the wall clock. */
  readonly clock: Clock;
  /** It rose, or fell for this reason. */
  readonly changed: (isUp: boolean, why: string | undefined) => void;
  /** A check failed, whatever that means for the service. */
  readonly failed: (why: string) => void;
}

/** Until it is up for the first time checks are made at this pace at least: services start in moments. */
const STARTING_MS = 500;

export class Checks {
  readonly #deps: ChecksDeps;
  readonly #health: Health;
  #wasUp = false;
  #cancel: Cancel = () => {};
  #abort = new AbortController();
  #stopped = false;

  constructor(deps: ChecksDeps) {
    this.#deps = deps;
    this.#health = new Health(deps.plan);
  }

  start(): void {
    void this.#check();
  }

  /** Nothing is called any more; a check that is under way is aborted. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
    this.#abort.abort();
  }

  async #check(): Promise<void> {
    const { clock, plan } = this.#deps;
    const began = clock.now();
    const why = await this.#inTime();
    if (this.#stopped) return;
    this.#judge(why);
    if (this.#stopped) return;
    const pace = this.#wasUp ? plan.interval : Math.min(plan.interval, STARTING_MS);
    this.#cancel = clock.after(Math.max(0, began + pace - clock.now()), () => void this.#check());
  }

  async #inTime(): Promise<string | undefined> {
    const { clock, plan, probe } = this.#deps;
    const abort = new AbortController();
    this.#abort = abort;
    const late = Promise.withResolvers<string>();
    const cancel = clock.after(plan.timeout, () => late.resolve(`no answer within ${plan.timeout / 1000} s`));
    const why = await Promise.race([probe(abort.signal), late.promise]);
    cancel();
    abort.abort();
    return why;
  }

  #judge(why: string | undefined): void {
    if (why !== undefined) this.#deps.failed(why);
    if (!this.#health.saw(why === undefined)) return;
    this.#wasUp = true;
    this.#deps.changed(this.#health.isUp, why);
  }
}
