// One question and one server: asked over UDP, again where that helps without EDNS or over TCP, until there is an outcome.
import type { Cancel } from '../base/clock.ts';
import { putU16 } from '../wire/bytes.ts';
import { Rcode } from '../wire/codes.ts';
import type { Transport } from '../wire/query.ts';
import type { Deadlines } from './deadlines.ts';
import type { UpstreamDeps } from './deps.ts';
import { packetOf, type Question } from './question.ts';
import type { RandomWords } from './random.ts';
import { isTruncated, Match, matchReply, takeReply } from './receive.ts';
import type { ReplyMemory } from './reply-memory.ts';
import type { UpstreamServer } from './server.ts';
import type { Pooled } from './udp-sockets.ts';
import type { UpstreamReply } from './upstreamed.ts';

/** So many replies that are none, and the question goes over TCP, which nobody from outside can answer. */
const MOST_MISMATCHES = 100;
/** How long a reply is still waited for when it is no longer needed, to see how the server stands, in milliseconds. */
const LINGER_MS = 2000;

/** A question as packets: what goes to every server alike. */
export interface Outgoing {
  readonly question: Question;
  /** EDNS options to send. */
  readonly options: Uint8Array;
}

export interface ExchangeDeps extends UpstreamDeps {
  readonly random: RandomWords;
  readonly replies: ReplyMemory;
  readonly deadlines: Deadlines;
}

export interface ExchangeListener {
  /** What came of it: a reply, a truncated one where TCP did not work, or nothing. Told once. */
  heard(exchange: Exchange, reply: UpstreamReply | undefined): void;
}

export class Exchange {
  readonly server: UpstreamServer;
  /** When it was last sent, by the clock. */
  sentAt = 0;
  /** How often it was sent over UDP. */
  sent = 0;
  readonly #outgoing: Outgoing;
  readonly #deps: ExchangeDeps;
  readonly #listener: ExchangeListener;
  #beganAt = 0;
  #edns: boolean;
  #fellBack = false;
  #id = 0;
  #packet: Uint8Array | undefined;
  #socket: Pooled | undefined;
  #mismatches = 0;
  #cancelTcp: Cancel | undefined;
  #cancelLinger: Cancel | undefined;
  #truncated: UpstreamReply | undefined;
  #isOver = false;

  constructor(server: UpstreamServer, outgoing: Outgoing, deps: ExchangeDeps, listener: ExchangeListener) {
    this.server = server;
    this.#outgoing = outgoing;
    this.#deps = deps;
    this.#listener = listener;
    this.#edns = !server.standing.plain;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Asks, or asks once more with the same packet: one reply is as good as another. Over TCP nothing need be repeated. */
  send(): void {
    if (this.#isOver || this.#cancelTcp !== undefined) return;
    const now = this.#deps.clock.now();
    this.sentAt = now;
    this.sent += 1;
    if (this.#socket === undefined) this.#begin(now);
    if (this.#packet !== undefined && this.#socket !== undefined) {
      this.server.udp.send(this.#socket, this.#packet);
      this.#note(false, 'udp', this.#packet);
    }
    this.#deps.counters.upstreamQueriesUdp.inc();
  }

  #begin(now: number): void {
    this.#beganAt = now;
    this.#id = this.#deps.random.u16();
    this.#packet = this.#makePacket();
    putU16(this.#packet, 0, this.#id);
    this.#socket = this.server.udp.take(this);
  }

  #makePacket(): Uint8Array {
    return packetOf(this.#outgoing.question, this.#edns ? this.#outgoing.options : undefined);
  }

  /** From the UDP socket. */
  received(message: Uint8Array): void {
    const match = matchReply(message, this.#id, this.#outgoing.question.bytes);
    if (match === Match.NO) {
      this.#mismatch();
      return;
    }
    this.#note(true, 'udp', message);
    this.#deps.counters.upstreamReplies.inc();
    this.server.standing.answered(this.#deps.clock.now() - this.#beganAt);
    this.#releaseSocket(true);
    // Where only the case differs it may be a guess, or a server that does not keep it: over TCP that makes no difference.
    if (match === Match.OTHER_CASE) this.#askOverTcp();
    else this.#take(message);
  }

  /** From the UDP socket: nobody listens there, or there is no way. */
  broken(reason: string): void {
    this.#socket = undefined;
    this.server.standing.unreachable(reason);
    this.#end(undefined);
  }

  #mismatch(): void {
    this.#deps.counters.upstreamMismatches.inc();
    this.#mismatches += 1;
    if (this.#mismatches < MOST_MISMATCHES) return;
    this.#releaseSocket(false);
    this.#askOverTcp();
  }

  #askOverTcp(): void {
    const packet = this.#makePacket();
    this.#cancelTcp = this.server.tcp.ask(packet, {
      received: (message, id) => this.#receivedOverTcp(message, id),
      broken: () => this.#end(this.#truncated),
    });
    this.#note(false, 'tcp', packet);
  }

  #note(isReply: boolean, transport: Transport, message: Uint8Array): void {
    const { tap, clock } = this.#deps;
    if (tap?.isOn === true)
      tap.forwarded(
        isReply,
        this.server.noted,
        transport,
        message,
        isReply ? clock.now() - this.#beganAt : 0,
      );
  }

  #receivedOverTcp(message: Uint8Array, id: number): void {
    this.#cancelTcp = undefined;
    if (matchReply(message, id, this.#outgoing.question.bytes) === Match.NO) {
      this.#deps.counters.upstreamMismatches.inc();
      this.#end(this.#truncated);
      return;
    }
    this.#note(true, 'tcp', message);
    this.#deps.counters.upstreamReplies.inc();
    this.server.standing.answered(undefined);
    this.#take(message, true);
  }

  /** A message that answers the question, ours until this returns. */
  #take(message: Uint8Array, overTcp = false): void {
    const reply = takeReply(message, this.#outgoing.question.bytes, this.#deps.replies);
    if (!overTcp && isTruncated(message)) {
      this.#truncated = reply;
      this.#askOverTcp();
    } else if (reply !== undefined && this.#edns && cannotReadEdns(reply.rcode)) {
      this.#withoutEdns();
    } else {
      if (this.#fellBack && reply !== undefined && !cannotReadEdns(reply.rcode))
        this.server.standing.readsNoEdns();
      this.#end(reply);
    }
  }

  #withoutEdns(): void {
    this.#edns = false;
    this.#fellBack = true;
    this.#deps.counters.upstreamRetries.inc();
    this.send();
  }

  #end(reply: UpstreamReply | undefined): void {
    if (this.#isOver) return;
    this.close();
    this.#listener.heard(this, reply);
  }

  /** It is not needed any more; a reply that comes soon still tells how the server stands. */
  linger(): void {
    if (this.#isOver) return;
    this.#cancelLinger = this.#deps.clock.after(LINGER_MS, () => {
      this.server.standing.missed(this.sentAt);
      this.close();
    });
  }

  /** Lets go of everything; nothing is heard any more. */
  close(): void {
    this.#isOver = true;
    this.#cancelLinger?.();
    this.#cancelTcp?.();
    this.#releaseSocket(false);
  }

  #releaseSocket(answered: boolean): void {
    if (this.#socket === undefined) return;
    this.server.udp.giveBack(this.#socket, answered);
    this.#socket = undefined;
  }
}

/** What servers from before EDNS say to it, and those that know another version only. */
function cannotReadEdns(rcode: number): boolean {
  return rcode === Rcode.FORMERR || rcode === Rcode.NOTIMP || rcode === Rcode.BADVERS;
}
