// One question in flight: asked of one server after the other, until one gives an answer or time is up.
import { Rcode } from '../wire/codes.ts';
import type { Waiting } from './deadlines.ts';
import { Exchange, type ExchangeDeps, type ExchangeListener, type Outgoing } from './exchange.ts';
import { isTruncated } from './receive.ts';
import type { UpstreamServer } from './server.ts';
import type { Upstreamed, UpstreamReply } from './upstreamed.ts';

/** A server of which the system says that nobody is there is asked once more, a little later: it may be starting. */
const MOST_BREAKS = 2;
const PAUSE_MS = 250;
/** Replies to which another server may know better. */
const REFUSALS: ReadonlySet<number> = new Set([
  Rcode.FORMERR,
  Rcode.SERVFAIL,
  Rcode.NOTIMP,
  Rcode.REFUSED,
  Rcode.BADVERS,
]);

/** A server in the order in which it is asked. */
interface Candidate {
  readonly server: UpstreamServer;
  exchange: Exchange | undefined;
  /** How often it was its turn. */
  turns: number;
  breaks: number;
  /** It has answered that it does not know. */
  refused: boolean;
}

/** One object serves many questions. */
export interface InFlightOptions<Subject> {
  /** For all attempts together, in milliseconds. */
  readonly timeoutMs: number;
  readonly deps: ExchangeDeps;
  /** Called once for each question, with what it was begun for. */
  readonly settle: (subject: Subject, upstreamed: Upstreamed) => void;
}

export class InFlight<Subject> implements ExchangeListener, Waiting {
  dueAt = 0;
  place = -1;
  readonly #subject: Subject;
  readonly #outgoing: Outgoing;
  readonly #options: InFlightOptions<Subject>;
  readonly #candidates: readonly Candidate[];
  readonly #until: number;
  /** Whose turn it is. */
  #current: Candidate | undefined;
  #turns = 0;
  /** What is given where nobody has anything better. */
  #poorReply: UpstreamReply | undefined;
  #isSettled = false;

  /** `servers` in the order in which they are to be asked; at least one. */
  constructor(
    subject: Subject,
    servers: readonly UpstreamServer[],
    outgoing: Outgoing,
    options: InFlightOptions<Subject>,
  ) {
    this.#subject = subject;
    this.#outgoing = outgoing;
    this.#options = options;
    this.#until = options.deps.clock.now() + options.timeoutMs;
    this.#candidates = servers.map((server) => {
      return { server, exchange: undefined, turns: 0, breaks: 0, refused: false };
    });
  }

  /** Asks the first server, and beside it those that it is time to look after. */
  begin(): void {
    this.#next();
    for (const candidate of this.#candidates) {
      if (candidate !== this.#current && candidate.server.standing.takeTurn()) this.#send(candidate);
    }
  }

  /** Gives up at once. */
  abort(): void {
    this.#settle({ kind: 'unreachable' });
    for (const { exchange } of this.#candidates) exchange?.close();
  }

  /** The next turn: of the server that had the fewest, of those that may still know something. */
  #next(): void {
    let candidate: Candidate | undefined;
    for (const one of this.#candidates) {
      if (isOpen(one) && (candidate === undefined || one.turns < candidate.turns)) candidate = one;
    }
    if (candidate === undefined) {
      this.#settle(this.#poorReply ?? { kind: 'unreachable' });
      return;
    }
    const wait = candidate.server.standing.roundTrip.timeout(candidate.turns);
    // What it was asked just now, to look after it, need not be repeated.
    const isFresh = candidate.turns === 0 && candidate.exchange !== undefined;
    candidate.turns += 1;
    this.#turns += 1;
    if (this.#turns > 1) this.#options.deps.counters.upstreamRetries.inc();
    this.#current = candidate;
    this.#wait(wait);
    if (!isFresh) this.#send(candidate);
  }

  #send(candidate: Candidate): void {
    if (candidate.exchange === undefined || candidate.exchange.isOver) {
      candidate.exchange = new Exchange(candidate.server, this.#outgoing, this.#options.deps, this);
    }
    candidate.exchange.send();
  }

  #wait(ms: number): void {
    const { clock, deadlines } = this.#options.deps;
    deadlines.set(this, Math.min(ms, this.#until - clock.now()));
  }

  timeUp(): void {
    if (this.#isSettled) return;
    const { clock } = this.#options.deps;
    const waiting = this.#current?.exchange;
    if (this.#current !== undefined && waiting?.isOver === false) {
      this.#current.server.standing.missed(waiting.sentAt);
    }
    if (clock.now() < this.#until) {
      this.#next();
      return;
    }
    this.#settle(this.#poorReply ?? { kind: 'timeout' });
    for (const { exchange } of this.#candidates) exchange?.close();
  }

  /** A server's answer, or undefined where it could not be asked or was not understood. */
  heard(exchange: Exchange, reply: UpstreamReply | undefined): void {
    const candidate = this.#candidates.find((one) => one.exchange === exchange);
    if (candidate === undefined) return;
    if (reply !== undefined) candidate.server.standing.helped(isAnswer(reply));
    if (this.#isSettled) return;
    if (reply !== undefined && isAnswer(reply)) {
      this.#settle(reply);
      return;
    }
    if (reply === undefined) {
      candidate.breaks += 1;
    } else {
      candidate.refused = true;
      this.#poorReply = reply;
    }
    const open = this.#candidates.filter(isOpen);
    if (open.length === 0 || (candidate === this.#current && open.some(isUnasked))) this.#next();
    else if (candidate === this.#current) this.#wait(PAUSE_MS);
  }

  #settle(upstreamed: Upstreamed): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#options.deps.deadlines.cancel(this);
    for (const { exchange } of this.#candidates) exchange?.linger();
    this.#options.settle(this.#subject, upstreamed);
  }
}

/** It may still know something. */
function isOpen({ refused, breaks }: Candidate): boolean {
  return !refused && breaks < MOST_BREAKS;
}

function isUnasked({ turns }: Candidate): boolean {
  return turns === 0;
}

/** Whether there is nothing better to be had from another server. */
function isAnswer({ rcode, message }: UpstreamReply): boolean {
  return !isTruncated(message) && !REFUSALS.has(rcode);
}
