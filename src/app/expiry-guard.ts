// The guard against mass expiry: where most leased services of a name vanish with their leases at once, it is rather their
// keepalives that were lost, and so they are held for a while. What a writer deletes is not held.
import type { Cancel, Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/log.ts';
import type { Contents } from '../zone/contents.ts';
import type { Lost } from '../zone/held.ts';
import { Loss, Losses } from '../zone/losses.ts';
import type { Options } from './config.ts';
import { type Guarded, Guarding, type Place } from './guarded-name.ts';
import { LeaseQuestions } from './lease-questions.ts';

export type ExpiryOptions = Pick<Options, 'expiryGuard' | 'staleTtl'>;

export interface ExpiryDeps {
  readonly contents: Contents;
  /** See `Registry.hasExpired`. */
  readonly hasExpired: (lease: string) => Promise<boolean>;
  /** See `Registry.heed`. */
  readonly heed: (leases: Iterable<string>) => void;
  readonly counters: Pick<Counters, 'expiryGuards' | 'heldTotal' | 'held'>;
  readonly logger: Logger;
  readonly clock: Clock;
  /** What is served has changed, though no batch came. */
  readonly changed: () => void;
}

interface Holding {
  readonly loss: Loss;
  /** Undefined while it is not known yet whether it is one of too many. */
  by: Guarding | undefined;
  /** The beat at which it is let go. */
  readonly until: number;
}

/** Time is counted in beats, since clocks may be set. */
const BEAT_MS = 1_000;
/** What vanishes within so many beats vanishes at once. */
const WINDOW = 10;
/** How many beats a service is held. */
const HOLD = 60;
/** Where fewer services than these vanish, none is held. */
const LEAST = 10;
/** After so many beats without an answer a lease counts as one that ran out: no name goes dark for a slow registry. */
const PATIENCE = 2;
/** How many are put back or let go at a stretch, before questions get their turn. */
const STRETCH = 500;
/** Bounds of memory: beyond them services go as they always do. */
const MOST_LOST = 100_000;
const MOST_HELD = 200_000;
/** So many names at a time are logged one by one. */
const MOST_LOGGED = 10;

export class ExpiryGuard {
  readonly #deps: ExpiryDeps;
  #options: ExpiryOptions;
  readonly #losses = new Losses();
  readonly #questions: LeaseQuestions;
  readonly #guardings = new Map<string, Guarding>();
  /** By key, in the order in which they are let go. */
  readonly #held = new Map<string, Holding>();
  /** Those that no guarding has taken in yet. */
  readonly #tentative = new Set<Holding>();
  /** Expired and gone, to be held again. */
  readonly #returning = new Set<Loss>();
  /** Names whose losses have all been asked for. */
  readonly #doubtful = new Set<string>();
  #beat = 0;
  #cancelBeat: Cancel | undefined;
  #cancelTurn: Cancel | undefined;

  constructor(options: ExpiryOptions, deps: ExpiryDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#questions = new LeaseQuestions(deps.hasExpired, (loss, expired) => {
      if (expired) this.#expired(loss);
      else this.#acquit(loss);
    });
  }

  /** The names whose services are held. */
  get guarded(): readonly Guarded[] {
    return [...this.#guardings.values()].filter(({ held }) => held > 0);
  }

  configure(options: ExpiryOptions): void {
    this.#options = options;
    if (options.expiryGuard === 'off') this.clear();
  }

  /** A service is about to go. The most that its TTL may be where it is held; undefined: it goes. */
  lost(lost: Lost): number | undefined {
    const { expiryGuard, staleTtl } = this.#options;
    if (expiryGuard === 'off' || this.#losses.size >= MOST_LOST) return undefined;
    this.#startBeat();
    const loss = new Loss(lost, apexOf(this.#deps.contents, lost), this.#beat);
    this.#losses.add(loss);
    if (lost.certain) this.#losses.expired(loss, true);
    const by = this.#guardingOver(loss) ?? this.#judge(loss);
    if (by === 'no' || this.#held.size >= MOST_HELD) {
      this.#losses.removed(loss, true);
      return undefined;
    }
    if (!lost.certain) this.#questions.ask(loss, this.#beat);
    this.#keep(loss, by === 'perhaps' ? undefined : by);
    return staleTtl;
  }

  /** The registry has said something of a key. */
  told(key: string): void {
    if (this.#losses.size === 0 && this.#held.size === 0) return;
    this.#forget(this.#losses.of(key));
    const holding = this.#held.get(key);
    if (holding === undefined) return;
    if (holding.by !== undefined) holding.by.returned++;
    this.#unhold(holding);
  }

  /** Lets everything go at once: the registry is not the one that it was, or the server stops. */
  clear(): void {
    for (const { loss } of this.#held.values()) this.#deps.contents.release(loss.lost);
    this.#questions.clear();
    this.#losses.clear();
    for (const all of [this.#guardings, this.#held, this.#tentative, this.#returning, this.#doubtful])
      all.clear();
    this.#cancelBeat?.();
    this.#cancelTurn?.();
    this.#cancelBeat = undefined;
    this.#cancelTurn = undefined;
    this.#measure();
    this.#deps.changed();
  }

  #guardingOver({ names }: Loss): Guarding | undefined {
    if (this.#guardings.size === 0) return undefined;
    for (const name of names) {
      const guarding = this.#guardings.get(name);
      if (guarding !== undefined && this.#beat < guarding.until) return guarding;
    }
    return undefined;
  }

  /** Whether the losses at a name above are too many, the highest name first; where they may be, leases are asked for. */
  #judge(loss: Loss): Guarding | 'perhaps' | 'no' {
    const leased = this.#deps.contents.leasedAlong(loss.lost.labels);
    let doubtful: string | undefined;
    let perhaps = false;
    for (const [i, path] of loss.names.entries()) {
      const { expired, removed, losses } = this.#losses.below(path);
      const of = (leased[loss.top + i] ?? 0) + removed;
      if (this.#isMass(expired, of)) return this.#begin({ path, of });
      perhaps ||= this.#isMass(losses.size, of);
      // Half way there it is time to know: a lease that is there now may have run out by then.
      if (doubtful === undefined && this.#isMass(2 * losses.size, of)) doubtful = path;
    }
    if (doubtful !== undefined) this.#doubt(doubtful, loss);
    return perhaps ? 'perhaps' : 'no';
  }

  #isMass(count: number, of: number): boolean {
    const { expiryGuard } = this.#options;
    return expiryGuard !== 'off' && count >= LEAST && count * 100 > of * expiryGuard;
  }

  #doubt(name: string, last: Loss): void {
    const known = this.#doubtful.has(name);
    this.#doubtful.add(name);
    const losses = known ? [last] : this.#losses.below(name).losses;
    for (const loss of losses) if (!loss.expired) this.#questions.ask(loss, this.#beat);
    // Those that are left may be next: of a lease that has time left it is certain then that somebody ended it.
    if (!known) this.#deps.heed(this.#deps.contents.leasesBelow(name.split('/')));
  }

  /** Its lease ran out, or counts as one that did. */
  #expired(loss: Loss): void {
    if (loss.expired || this.#losses.of(loss.lost.key) !== loss) return;
    this.#losses.expired(loss, true);
    const by = this.#guardingOver(loss) ?? this.#judge(loss);
    if (typeof by === 'string') return;
    const holding = this.#held.get(loss.lost.key);
    if (holding !== undefined) this.#take(holding, by);
    else this.#returning.add(loss);
    this.#takeTurn();
  }

  /** It was a writer after all. */
  #acquit(loss: Loss): void {
    this.#forget(loss);
    const holding = this.#held.get(loss.lost.key);
    if (holding?.loss === loss) this.#release(holding);
    this.#deps.changed();
  }

  #forget(loss: Loss | undefined): void {
    if (loss === undefined) return;
    this.#losses.delete(loss);
    this.#returning.delete(loss);
    this.#questions.forget(loss);
  }

  /** From now on what vanishes below a name is held, and what has vanished there comes back. */
  #begin(place: Place): Guarding {
    const { logger, clock, counters } = this.#deps;
    const loud = this.#guardings.size < MOST_LOGGED;
    const guarding = new Guarding(place, clock.now(), this.#beat + HOLD, loud);
    this.#guardings.set(place.path, guarding);
    counters.expiryGuards.inc();
    const { losses, expired } = this.#losses.below(place.path);
    logger[loud ? 'warn' : 'debug'](
      { name: guarding.name, expired, of: place.of, seconds: HOLD },
      'most leased services of a name have expired at once: they are held for a while',
    );
    for (const loss of losses) {
      if (!loss.expired) continue;
      const holding = this.#held.get(loss.lost.key);
      if (holding !== undefined) this.#take(holding, guarding);
      else if (loss.removed) this.#returning.add(loss);
    }
    this.#takeTurn();
    return guarding;
  }

  #takeTurn(): void {
    this.#cancelTurn ??= this.#deps.clock.after(0, () => this.#turn());
  }

  /** Puts back what expired, and lets go of what was held for long enough: some at a time. */
  #turn(): void {
    this.#cancelTurn = undefined;
    let left = STRETCH;
    for (const loss of this.#returning) {
      if (left-- === 0) break;
      this.#returning.delete(loss);
      this.#restore(loss);
    }
    for (const holding of this.#held.values()) {
      if (holding.until > this.#beat || left-- <= 0) break;
      this.#release(holding);
    }
    this.#deps.changed();
    if (this.#returning.size > 0 || this.#isDue()) this.#takeTurn();
  }

  #isDue(): boolean {
    const [first] = this.#held.values();
    return first !== undefined && first.until <= this.#beat;
  }

  #restore(loss: Loss): void {
    const guarding = this.#guardingOver(loss);
    if (guarding === undefined || this.#held.size >= MOST_HELD) return;
    if (!this.#deps.contents.hold(loss.lost, this.#options.staleTtl)) return;
    this.#losses.removed(loss, false);
    this.#keep(loss, guarding);
  }

  #keep(loss: Loss, by: Guarding | undefined): void {
    const holding: Holding = { loss, by: undefined, until: this.#beat + HOLD };
    this.#held.set(loss.lost.key, holding);
    this.#tentative.add(holding);
    if (by !== undefined) this.#take(holding, by);
  }

  #take(holding: Holding, by: Guarding): void {
    if (!this.#tentative.delete(holding)) return;
    holding.by = by;
    by.held++;
    by.total++;
    this.#deps.counters.heldTotal.inc();
    this.#measure();
  }

  #release(holding: Holding): void {
    this.#deps.contents.release(holding.loss.lost);
    this.#unhold(holding);
  }

  #unhold(holding: Holding): void {
    this.#held.delete(holding.loss.lost.key);
    this.#tentative.delete(holding);
    if (holding.by === undefined) return;
    holding.by.held--;
    this.#measure();
  }

  #measure(): void {
    this.#deps.counters.held.set(this.#held.size - this.#tentative.size);
  }

  #startBeat(): void {
    this.#cancelBeat ??= this.#deps.clock.after(BEAT_MS, () => this.#onBeat());
  }

  #onBeat(): void {
    this.#cancelBeat = undefined;
    this.#beat++;
    for (const loss of this.#questions.olderThan(this.#beat - PATIENCE)) this.#expired(loss);
    for (const loss of this.#questions.olderThan(this.#beat - HOLD)) this.#questions.forget(loss);
    this.#losses.forget(this.#beat - WINDOW);
    for (const name of this.#doubtful)
      if (this.#losses.below(name).losses.size === 0) this.#doubtful.delete(name);
    for (const holding of this.#tentative) this.#settle(holding);
    for (const guarding of this.#guardings.values()) this.#end(guarding);
    if (this.#isDue()) this.#takeTurn();
    const busy = [this.#losses, this.#held, this.#guardings, this.#questions].some(({ size }) => size > 0);
    if (busy) this.#startBeat();
  }

  /** It did expire, and turns out not to be one of too many. */
  #settle(holding: Holding): void {
    const { loss } = holding;
    const stays = !loss.expired || this.#judge(loss) !== 'no';
    if (stays && this.#losses.of(loss.lost.key) === loss) return;
    this.#release(holding);
    this.#losses.removed(loss, true);
    this.#deps.changed();
  }

  #end(guarding: Guarding): void {
    const { path, name, held, total, returned, until, loud } = guarding;
    if (held > 0 || this.#beat < until) return;
    this.#guardings.delete(path);
    this.#deps.logger[loud ? 'info' : 'debug'](
      { name, held: total, returned },
      'services that had expired are no longer held',
    );
  }
}

/** How many labels the outermost zone has that a service lies in. */
function apexOf({ zones }: Contents, { labels }: Lost): number {
  let least = labels.length;
  for (const { labels: apex } of zones.all)
    if (apex.length < least && apex.every((label, i) => label === labels[i])) least = apex.length;
  return least;
}
