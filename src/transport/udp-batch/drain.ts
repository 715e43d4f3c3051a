// The main thread's side of the misses: takes them from all workers in turn, answers, and replies over their sockets.
import { sharedOffset } from '../../base/clock.ts';
import type { Counter } from '../../base/counters.ts';
import { type Asker, LATER, type Respond, type SendLate } from '../../query/responder.ts';
import { Client } from '../../wire/client.ts';
import type { Query } from '../../wire/query.ts';
import { type FairShare, STRETCH_MS } from '../fair-share.ts';
import { LateReplies } from '../late-replies.ts';
import { countReply } from '../tallies.ts';
import type { Tally } from '../tally.ts';
import { LateOutbox } from './late-outbox.ts';
import type { MissQueue } from './miss-queue.ts';
import { COPIED_HEAD, Packets, REPLY_SIZE, REQUEST_SIZE } from './packets.ts';
import { Signal } from './signal.ts';
import { Trains } from './trains.ts';

/** The most misses taken from one worker before the next one's turn. */
const QUOTA = 16;
/** Where one worker's misses come from and their replies go. */
export interface MissSource {
  readonly queue: MissQueue;
  /** Misses of those who have had their share of the main thread's time; only that thread uses it. */
  readonly behind: MissQueue;
  readonly fd: number;
  readonly packetInfo: boolean;
}

export interface DrainParts {
  readonly respond: Respond;
  readonly signal: SharedArrayBuffer;
  /** Counts replies that could not be sent. */
  readonly dropped: Counter;
  readonly share: FairShare;
  /** Where replies are counted. */
  readonly tally: Tally;
}

/** Drains the queues of the workers of one address. */
export class MissDrain implements Asker {
  readonly transport = 'udp';
  readonly admitted = true;
  readonly client = new Client();
  readonly #respond: Respond;
  readonly #signal: Int32Array;
  readonly #dropped: Counter;
  readonly #share: FairShare;
  readonly #tally: Tally;
  readonly #offset = sharedOffset();
  readonly #sources: MissSource[] = [];
  readonly #received = new Packets(QUOTA, REQUEST_SIZE);
  readonly #replies = new Packets(QUOTA, REPLY_SIZE);
  readonly #trains = new Trains(this.#replies, QUOTA);
  readonly #late = new LateReplies();
  /** To remember whom later replies are for, used again. */
  readonly #heads: Int32Array[] = [];
  /** Made when the first reply comes later. */
  readonly #outboxes = new Map<MissSource, LateOutbox>();
  /** Whose question is being answered, and its slot. */
  #source: MissSource | undefined;
  #slot = 0;
  /** When it was taken in by the worker, on the clock of performance.now(). */
  began = 0;
  /** The descriptors may be somebody else's from now on. */
  #isOver = false;
  /** Counts turns: whose it is. */
  #turn = 0;
  /** When to end at the latest, whatever is left; in milliseconds since the process began. */
  #end = Number.POSITIVE_INFINITY;

  constructor({ respond, signal, dropped, share, tally }: DrainParts) {
    this.#respond = respond;
    this.#signal = new Int32Array(signal);
    this.#dropped = dropped;
    this.#share = share;
    this.#tally = tally;
  }

  add(source: MissSource): void {
    this.#sources.push(source);
  }

  /** Misses that wait. */
  get waiting(): number {
    return this.#sources.reduce((sum, { queue, behind }) => sum + queue.waiting + behind.waiting, 0);
  }

  /** Ends `run` when nothing is waiting or still to come; after `graceMs` milliseconds even if something is. */
  stop(graceMs: number): void {
    this.#end = performance.now() + graceMs;
    Atomics.add(this.#signal, Signal.MISSES, 1);
    Atomics.notify(this.#signal, Signal.MISSES);
  }

  /** Runs until it is stopped. */
  async run(): Promise<void> {
    while (performance.now() < this.#end) {
      const seen = Atomics.load(this.#signal, Signal.MISSES);
      if (this.#stretch()) {
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      if (this.#end < Number.POSITIVE_INFINITY) {
        // The workers have ended, so nothing more will be waiting.
        await this.#late.settled(this.#end - performance.now());
        break;
      }
      // Said before the count is compared: whoever counts up later sees it, whoever did earlier is seen by the wait.
      Atomics.store(this.#signal, Signal.WAITING, 1);
      const woken = Atomics.waitAsync(this.#signal, Signal.MISSES, seen);
      if (woken.async) await woken.value;
      Atomics.store(this.#signal, Signal.WAITING, 0);
    }
    for (const outbox of this.#outboxes.values()) outbox.flush();
    this.#isOver = true;
    this.#dropped.inc(this.waiting);
  }

  /** Answers for as long as one stretch may last; whether there may be more. */
  #stretch(): boolean {
    const end = performance.now() + STRETCH_MS;
    for (let idle = 0; idle < this.#sources.length; ) {
      const source = this.#sources[this.#turn % this.#sources.length];
      this.#turn = (this.#turn + 1) % this.#sources.length;
      const taken = source === undefined ? 0 : this.#take(source, source.queue, end);
      idle = taken === 0 ? idle + 1 : 0;
      if (taken > 0 && performance.now() >= end) return true;
    }
    // Nobody else waits.
    let taken = 0;
    for (const source of this.#sources) {
      taken += this.#take(source, source.behind, end);
      if (performance.now() >= end) break;
    }
    return taken > 0;
  }

  /** Answers some misses of one worker from one of its queues, none after `end` but the first; how many it took. */
  #take(source: MissSource, queue: MissQueue, end: number): number {
    let taken = 0;
    let replies = 0;
    for (let now = performance.now(); taken < QUOTA && (taken === 0 || now < end); taken++) {
      const length = queue.take(this.#received, taken);
      if (length < 0) break;
      this.#source = source;
      this.#slot = taken;
      this.#received.readClient(taken, this.client);
      this.client.port = this.#received.portOf(taken);
      if (queue !== source.behind && this.#share.isSpent(this.client, now)) {
        if (!source.behind.put(this.#received, taken, length, queue.stamp)) this.#dropped.inc();
        continue;
      }
      this.began = now - this.#age(queue.stamp, now);
      const request = this.#received.view(taken).subarray(0, length);
      const size = this.#respond(request, this, this.#replies.view(replies));
      const began = now;
      now = performance.now();
      this.#share.charge(this.client, now, now - began);
      this.#late.answered(size === LATER);
      if (size <= 0) continue;
      this.#replies.setLength(replies, size);
      this.#replies.addressTo(replies, this.#received, taken, source.packetInfo);
      replies++;
    }
    // The main thread never waits for a full send buffer.
    const failed = this.#trains.send(source.fd, replies, false);
    if (failed > 0) this.#dropped.inc(failed);
    return taken;
  }

  /** How long before `now` a worker's stamp was made, in milliseconds. */
  #age(stamp: number, now: number): number {
    return Math.max(0, ((((this.#offset + now) * 1000) | 0) - stamp) | 0) / 1000;
  }

  answered(request: Uint8Array, query: Query, reply: Uint8Array, length: number): void {
    countReply(this.#tally, query, request.length, this.client.isIpv4, reply, length, this.began);
  }

  later(): SendLate {
    const source = this.#source;
    const from = this.#heads.pop() ?? new Int32Array(COPIED_HEAD / 4);
    this.#received.copyOut(this.#slot, 0, from, 0);
    const began = this.began;
    const { isIpv4 } = this.client;
    return this.#late.promise((reply, request, query) => {
      if (request !== undefined && query !== undefined)
        countReply(this.#tally, query, request.length, isIpv4, reply, reply.length, began);
      this.#sendLate(reply, source, from);
    });
  }

  #sendLate(reply: Uint8Array, source: MissSource | undefined, from: Int32Array): void {
    if (source === undefined || this.#isOver || reply.length > REPLY_SIZE) {
      this.#dropped.inc();
      return;
    }
    this.#outboxOf(source).add(reply, from);
    this.#heads.push(from);
  }

  #outboxOf(source: MissSource): LateOutbox {
    const known = this.#outboxes.get(source);
    if (known !== undefined) return known;
    const outbox = new LateOutbox(source.fd, source.packetInfo, this.#dropped);
    this.#outboxes.set(source, outbox);
    return outbox;
  }
}
