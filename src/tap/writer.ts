// One thread's pen: whether a reply is wanted, by whom, and its record in the thread's ring. Nothing is allocated.
import type { Client } from '../wire/client.ts';
import type { Query, Transport } from '../wire/query.ts';
import { Field, Kind, type Source } from './record.ts';
import { NONE, RingWriter } from './ring.ts';
import { DEAF, Lost, Switch, Want, WHOLE } from './switches.ts';

/** What one writer is handed. */
export interface TapMemory {
  readonly switches: SharedArrayBuffer;
  readonly ring: SharedArrayBuffer;
}

/** A client's question and its reply have one message each of dnstap. */
const MESSAGES = 2;

export class TapWriter {
  readonly #ring: RingWriter;
  readonly #switches: Uint32Array;
  /** Xorshift state: picks samples. */
  #random: number;
  /** From this thread's performance.now() to the wall clock, in milliseconds. */
  #offset = 0;
  #seconds = 0;
  #microseconds = 0;

  /** Where the bytes of request and reply belong, in words of `words`, and how many bytes of each, after `open`. */
  requestAt = 0;
  requestKept = 0;
  replyAt = 0;
  replyKept = 0;

  /** `seed`: any number, another one for each thread. */
  constructor({ switches, ring }: TapMemory, seed: number) {
    this.#ring = new RingWriter(ring);
    this.#switches = new Uint32Array(switches);
    this.#random = Math.imul(seed + 1, 0x9e3779b1) | 1;
  }

  get words(): Int32Array {
    return this.#ring.words;
  }

  get bytes(): Uint8Array {
    return this.#ring.bytes;
  }

  /** Whether anything is wanted. */
  get isOn(): boolean {
    return this.#switches[Switch.WANTS] !== 0;
  }

  /** Replies to questions that came in at `started` (performance.now() of this thread) follow. */
  begin(started: number): void {
    const wall = Date.now() + started - performance.now();
    let time = started + this.#offset;
    // The wall clock is whole milliseconds: within those, the other one says more.
    if (time < wall - 1 || time > wall + 1) time = wall;
    this.#offset = time - started;
    this.#seconds = Math.floor(time / 1000);
    this.#microseconds = Math.floor((time - this.#seconds * 1000) * 1000);
  }

  /** Who wants a reply with this rcode, as bits; 0 for nobody. */
  wants(rcode: number): number {
    const switches = this.#switches;
    const wants = switches[Switch.WANTS] as number;
    let chosen = 0;
    if ((wants & Want.DNSTAP) !== 0) {
      if ((wants & DEAF) === 0) chosen = Want.DNSTAP;
      else this.#ring.lose(Lost.DNSTAP, MESSAGES);
    }
    // Those beyond, which only other servers say, are wanted where all are.
    const bit = Math.min(rcode, 31);
    if ((wants & Want.LOG) !== 0 && (((switches[Switch.LOG_RCODES] as number) >>> bit) & 1) === 1)
      if (this.#isIn(switches[Switch.LOG_SHARE] as number)) chosen |= Want.LOG;
    if ((wants & Want.TOP) !== 0 && this.#isIn(switches[Switch.TOP_SHARE] as number)) chosen |= Want.TOP;
    return chosen;
  }

  #isIn(share: number): boolean {
    if (share === WHOLE) return true;
    let random = this.#random;
    random ^= random << 13;
    random ^= random >>> 17;
    random ^= random << 5;
    this.#random = random;
    return random >>> 1 < share;
  }

  /**
   * Begins the record of a reply that is wanted; false where there is no room. `query` was read from a request of
   * `requestSize` bytes; `flags`: bytes 2 and 3 of the reply. The caller copies the bytes.
   */
  open(
    wants: number,
    client: Client,
    query: Query,
    requestSize: number,
    replySize: number,
    rcode: number,
    flags: number,
  ): boolean {
    const isWhole = (wants & Want.DNSTAP) !== 0;
    const kept = isWhole ? requestSize : Math.min(query.questionEnd, requestSize);
    if (!this.#reserve(wants, kept, isWhole ? replySize : 0, MESSAGES)) return false;
    const { words } = this;
    const place = this.#place;
    words[place + Field.SECONDS] = this.#seconds;
    words[place + Field.MICROSECONDS] = this.#microseconds;
    this.#putClient(client, rcode);
    words[place + Field.QUESTION] = query.questionEnd | (flags << 16);
    words[place + Field.SIZES] = requestSize | (replySize << 16);
    words[place + Field.EDNS] =
      (query.edns ? 1 : 0) | (query.dnssecOk ? 2 : 0) | ((query.edns ? query.udpSize : 0) << 16);
    return true;
  }

  #place = 0;

  #reserve(wants: number, requestKept: number, replyKept: number, messages: number): boolean {
    const requestWords = (requestKept + 3) >> 2;
    const place = this.#ring.reserve(Field.HEAD + requestWords + ((replyKept + 3) >> 2));
    if (place === NONE) {
      this.#lose(wants, messages);
      return false;
    }
    this.#place = place;
    this.requestAt = place + Field.HEAD;
    this.requestKept = requestKept;
    this.replyAt = this.requestAt + requestWords;
    this.replyKept = replyKept;
    this.words[place + Field.KEPT] = requestKept | (replyKept << 16);
    return true;
  }

  #lose(wants: number, messages: number): void {
    if ((wants & Want.LOG) !== 0) this.#ring.lose(Lost.LOG, 1);
    if ((wants & Want.DNSTAP) !== 0) this.#ring.lose(Lost.DNSTAP, messages);
    if ((wants & Want.TOP) !== 0) this.#ring.lose(Lost.TOP, 1);
  }

  #putClient({ words: address, port }: Client, rcode: number): void {
    const { words } = this;
    const at = this.#place + Field.ADDRESS;
    for (let i = 0; i < 4; i++) words[at + i] = address[i] as number;
    words[at + 4] = port | (rcode << 16);
  }

  /** Ends the record: what wanted it, where the reply came from, how long it took. */
  close(wants: number, source: Source, transport: Transport, latencyUs: number): void {
    this.#close(wants, source, transport, Kind.CLIENT);
    this.words[this.#place + Field.LATENCY] = latencyUs;
  }

  #close(wants: number, source: number, transport: Transport, kind: number): void {
    this.words[this.#place + Field.KIND] =
      wants | (source << 8) | ((transport === 'tcp' ? 1 : 0) << 16) | (kind << 24);
  }

  /** Shows the reader all records that were closed. */
  publish(): void {
    this.#ring.publish();
  }

  /** A message to another server, sent now, or from it. */
  forwarded(isReply: boolean, server: Client, transport: Transport, message: Uint8Array, sinceMs = 0): void {
    const wants = this.#switches[Switch.WANTS] as number;
    if ((wants & Want.DNSTAP) === 0) return;
    if ((wants & DEAF) !== 0) {
      this.#ring.lose(Lost.DNSTAP, 1);
      return;
    }
    this.begin(performance.now());
    if (!this.#reserve(Want.DNSTAP, isReply ? 0 : message.length, isReply ? message.length : 0, 1)) return;
    const place = this.#place;
    this.words[place + Field.SECONDS] = this.#seconds;
    this.words[place + Field.MICROSECONDS] = this.#microseconds;
    this.words[place + Field.LATENCY] = Math.max(0, Math.round(sinceMs * 1000));
    this.#putClient(server, 0);
    this.words[place + Field.QUESTION] = 0;
    this.words[place + Field.SIZES] = isReply ? message.length << 16 : message.length;
    this.words[place + Field.EDNS] = 0;
    this.bytes.set(message, (isReply ? this.replyAt : this.requestAt) * 4);
    this.#close(Want.DNSTAP, 0, transport, isReply ? Kind.FORWARDER_RESPONSE : Kind.FORWARDER_QUERY);
    this.publish();
  }
}
