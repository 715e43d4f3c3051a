// One announcement from its beginning to its end: child, checks and registry, and in which order they are let go.
import { type Clock, realClock, steadyClock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { type CheckPlan, Checks, type Probe } from './checks.ts';
import type { Child } from './child.ts';
import type { ClaimEvent, Held } from './claim.ts';
import type { Holder } from './holder.ts';
import type { KeyValue } from './records.ts';
import type { AwaitServers } from './servers.ts';

export interface AnnouncementOptions {
  /** The name of the instance, for people. */
  readonly name: string;
  /** What it points to, for people. */
  readonly address: string;
  readonly records: readonly KeyValue[];
  readonly replace: boolean;
  /** It is registered at once where there is none. */
  readonly check?: { readonly text: string; readonly probe: Probe; readonly plan: CheckPlan } | undefined;
  /** Milliseconds between taking it out and the end. */
  readonly drain: number;
}

/** What asks for its end. */
export interface Stops {
  readonly stopped: Promise<NodeJS.Signals>;
  /** Asked for again: nothing is waited for any more. */
  readonly hurried: Promise<unknown>;
}

export interface AnnouncementDeps {
  readonly holder: Holder;
  readonly child: Child | undefined;
  readonly stops: Stops;
  readonly logger: Logger;
  /** Where servers are waited for. */
  readonly servers?: AwaitServers | undefined;
  /** All live servers answer with it. */
  readonly visible?: () => void;
  /** Not the wall clock. */
  readonly clock?: Clock;
}

type End =
  | { readonly kind: 'refused' }
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'child'; readonly status: number };

/** Milliseconds that taking a service out may take before the end: its lease sees to it then. */
const WITHDRAW_MS = 5_000;
/** Of checks that failed, so many are remembered: a command may complain in ever other words. */
const MOST_REASONS = 100;

export class Announcement {
  readonly #options: AnnouncementOptions;
  readonly #deps: AnnouncementDeps;
  readonly #clock: Clock;
  readonly #refused = Promise.withResolvers<End>();
  #held: Held | undefined;
  /** Settled when nothing is left of what was taken out. */
  #gone: Promise<number | undefined> = Promise.resolve(undefined);
  #wasRegistered = false;
  /** Why checks have failed, as far as it was told. */
  readonly #reasons = new Set<string>();

  constructor(options: AnnouncementOptions, deps: AnnouncementDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#clock = deps.clock ?? steadyClock;
  }

  /** Until a signal, the child's end or a refusal; resolves to the exit code. */
  async run(): Promise<number> {
    const checks = this.#begin();
    const end = await this.#untilEnd();
    checks?.stop();
    await this.#withdraw();
    if (end.kind === 'child') return end.status;
    if (end.kind === 'signal') await this.#drain();
    const status = await this.#endChild(end.kind === 'signal' ? end.signal : 'SIGTERM');
    return end.kind === 'refused' ? 1 : status;
  }

  #begin(): Checks | undefined {
    const { check } = this.#options;
    if (check === undefined) {
      this.#register();
      return undefined;
    }
    const checks = new Checks({
      ...check,
      clock: this.#clock,
      changed: (isUp, why) => (isUp ? this.#register() : this.#fell(why)),
      failed: (why) => this.#failed(why),
    });
    checks.start();
    return checks;
  }

  #register(): void {
    this.#reasons.clear();
    const { name, records, replace } = this.#options;
    this.#held = this.#deps.holder.hold({
      name,
      records,
      replace: replace && !this.#wasRegistered,
      told: (event) => this.#told(event),
    });
  }

  #fell(why: string | undefined): void {
    const { name, check } = this.#options;
    this.#deps.logger.warn({ name, check: check?.text, why }, `taken out: the check fails: ${why}`);
    this.#leave();
  }

  /** Each reason is told once, also where reasons take turns, as those of a service that hangs up do. */
  #failed(why: string): void {
    if (this.#reasons.has(why)) return;
    if (this.#reasons.size === MOST_REASONS) this.#reasons.clear();
    this.#reasons.add(why);
    const { name, check } = this.#options;
    const what = this.#held === undefined ? 'not announced: the check fails' : 'the check fails';
    this.#deps.logger.warn({ name, check: check?.text, why }, `${what}: ${why}`);
  }

  #told(event: ClaimEvent): void {
    const { name, address } = this.#options;
    const { logger } = this.#deps;
    if (event.kind === 'waiting') {
      logger.warn({ name }, `${event.why}: waiting for its lease of ${event.seconds} s to end`);
    } else if (event.kind === 'refused') {
      this.#tellRefusal(event.why, event.taken || this.#wasRegistered);
    } else {
      const { revision, lease } = event;
      const what = event.again ? 'announced again' : 'announced';
      logger.info({ name, revision, lease: lease.ttl }, `${what}: ${name} at ${address}`);
      this.#wasRegistered = true;
      void this.#awaitVisible(revision);
    }
  }

  async #awaitVisible(revision: number): Promise<void> {
    const { servers, visible } = this.#deps;
    if (await servers?.(revision)) visible?.();
  }

  /** A child that serves is not ended because another one got its label. */
  #tellRefusal(why: string, taken: boolean): void {
    const { name } = this.#options;
    const { logger, child } = this.#deps;
    if (taken && child !== undefined) {
      logger.error({ name }, `the label was taken, ${why}: the command goes on, unannounced`);
      return;
    }
    const help = taken ? '' : ': choose another --label, or take it with --replace';
    logger.error({ name }, `${name} ${taken ? 'was taken' : 'is refused'}, ${why}${help}`);
    this.#refused.resolve({ kind: 'refused' });
  }

  #untilEnd(): Promise<End> {
    const { child, stops, logger } = this.#deps;
    const ends = [
      this.#refused.promise,
      stops.stopped.then((signal): End => {
        logger.info({ signal }, 'stopping');
        return { kind: 'signal', signal };
      }),
    ];
    const ended = child?.ended.then(({ status, how }): End => {
      logger.info({ status }, `the command has ended: ${how}`);
      return { kind: 'child', status };
    });
    return Promise.race(ended === undefined ? ends : [...ends, ended]);
  }

  #leave(): void {
    if (this.#held === undefined) return;
    const [before, left] = [this.#gone, this.#deps.holder.withdraw(this.#held)];
    this.#gone = before.then(() => left);
    this.#held = undefined;
  }

  /** Out of the registry, and where servers are waited for, out of their answers. */
  async #withdraw(): Promise<void> {
    const { logger, stops, servers } = this.#deps;
    const { name } = this.#options;
    const isWell = this.#held?.isRefused !== true;
    this.#leave();
    const gone = this.#gone.then((revision) => ({ revision }));
    const left = await Promise.race([gone, this.#after(WITHDRAW_MS), stops.hurried.then(() => undefined)]);
    if (left === undefined) {
      logger.warn({ name }, 'not taken out: it is gone when its lease has run out');
      return;
    }
    if (isWell && this.#wasRegistered) logger.info({ name }, 'taken out');
    if (servers !== undefined && left.revision !== undefined)
      await Promise.race([servers(left.revision), stops.hurried]);
  }

  /** For clients who know it still. */
  async #drain(): Promise<void> {
    const { child, stops } = this.#deps;
    const { drain } = this.#options;
    if (drain === 0 || !this.#wasRegistered) return;
    await Promise.race([this.#after(drain), stops.hurried, ...(child === undefined ? [] : [child.ended])]);
  }

  async #endChild(signal: NodeJS.Signals): Promise<number> {
    const { child } = this.#deps;
    if (child === undefined) return 0;
    child.signal(signal);
    return (await child.ended).status;
  }

  #after(ms: number): Promise<undefined> {
    return new Promise((resolve) => realClock.after(ms, () => resolve(undefined)));
  }
}
