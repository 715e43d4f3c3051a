// The reader of the shared table: queries in, their replies or misses out; no lock, no allocation. Workers, which take a
// batch at a time, and the main thread's own transports run this same code.
import { Hasher, keyHash } from '../base/hash.ts';
import { type Guard, Ruling, type Visitor } from '../guard/guard.ts';
import { at, u16 } from '../wire/bytes.ts';
import { Class, Flag, MAX_MESSAGE, Rcode, Type } from '../wire/codes.ts';
import { COUNTING, countsSince, FORWARDED, Layout, NO_ZONE } from '../wire/compiled.ts';
import { ExtendedErrorCode } from '../wire/extended-error.ts';
import { Query, type Transport, Verdict } from '../wire/query.ts';
import { renderCompiled, renderEmpty } from '../wire/reply.ts';
import { SharedNetworks } from '../wire/shared-networks.ts';
import { ageTtls } from '../wire/ttl.ts';
import { Control, Entry, IDLE, Slot, type TableMemory } from './layout.ts';
import { NamesReader } from './names-reader.ts';

/** No answer here: the main thread has to compute one. */
export const MISS = -1;

/** Data types, and ANY; the meta types are told what they are told whether or not the name exists (RFC 6895 3.1). */
function isPlain(type: number): boolean {
  return type === Type.ANY || (type < 249 && type !== Type.OPT);
}

/**
 * Whether a query may have another server's answer from here: recursion desired, by a client who is served; answers that
 * differ from these, with DO or CD (RFC 4035 3.2), are the main thread's.
 */
function isForwardable(request: Uint8Array, query: Query): boolean {
  return (
    query.recursionAvailable &&
    (at(request, 2) & Flag.RD) !== 0 &&
    (at(request, 3) & Flag.CD) === 0 &&
    !query.dnssecOk
  );
}

/** From the beginning of an entry to its answer, when its key is as long as most are: on the next cache line, in words. */
const ANSWER_AHEAD = 16;

/** One query of a batch, between being read and being answered. */
class Pending {
  readonly query = new Query();
  verdict: Verdict = Verdict.DROP;
  /** The hash of its name. */
  low = 0;
  high = 0;
}

/**
 * A batch is answered in three steps: every query is read, then memory is asked for what all of them need, then every
 * query is answered. With many names nearly every look into the table waits for main memory; like this they wait for it
 * together.
 */
export class TableReader {
  readonly #guard: Guard | undefined;
  readonly #pending: readonly Pending[];
  /** Where the entries of a batch may be, in words of the arena; then what stands there, so that no look is left out as unused. */
  readonly #places: Int32Array;
  readonly #control: Int32Array;
  readonly #slots: Int32Array;
  readonly #arena: Uint8Array;
  readonly #words: Int32Array;
  readonly #zoneWords: Uint32Array;
  readonly #mask: number;
  readonly #reader: number;
  readonly #hasher: Hasher;
  readonly #madeAt: number;
  readonly #names: NamesReader;
  readonly #served: SharedNetworks;
  /** Xorshift state: picks rotations, so that clients asking in a fixed pattern still see all of them. */
  #turn: number;

  /**
   * `reader` is this thread's number, below MAX_READERS; `batch` is the most queries that are read before any is answered.
   * Without a guard everything is answered to everyone.
   */
  constructor(memory: TableMemory, reader: number, batch = 1, guard?: Guard) {
    this.#guard = guard;
    this.#pending = Array.from({ length: batch }, () => new Pending());
    this.#places = new Int32Array(batch);
    this.#control = new Int32Array(memory.control);
    this.#slots = new Int32Array(memory.slots);
    this.#arena = new Uint8Array(memory.arena);
    this.#words = new Int32Array(memory.arena);
    this.#zoneWords = new Uint32Array(memory.zoneWords);
    this.#mask = this.#slots.length / Slot.WORDS - 1;
    this.#reader = Control.READERS + reader * Control.READER_STRIDE;
    this.#hasher = new Hasher(memory.hashKey);
    this.#madeAt = memory.madeAt;
    this.#names = new NamesReader(memory, this.#hasher);
    this.#served = new SharedNetworks(memory.served);
    this.#turn = (memory.hashKey.k0 ^ Math.imul(reader + 1, 0x9e3779b9)) | 1;
    this.leave();
  }

  /** Looks at the clock, for the guard as well; seconds since the table was made. */
  now(): number {
    const now = Date.now();
    this.#guard?.tick(now);
    return Math.floor(now / 1000) - this.#madeAt;
  }

  /** Before a run of lookups: what is found stays in place until `leave`. */
  enter(): void {
    Atomics.store(this.#control, this.#reader, Atomics.load(this.#control, Control.EPOCH) + 1);
    // What is read after an atomic load is not read before it, on any processor: so nor before the store above.
    Atomics.load(this.#control, Control.EPOCH);
  }

  /** After it: nothing that was found is looked at any more. */
  leave(): void {
    Atomics.store(this.#control, this.#reader, IDLE);
  }

  /** The query of `place` in a batch, as it was read last. */
  query(place = 0): Query {
    return (this.#pending[place] as Pending).query;
  }

  /** Reads the first `length` bytes of `request` as the query of `place`, below the reader's batch. */
  read(place: number, request: Uint8Array, length: number): void {
    const pending = this.#pending[place] as Pending;
    const { query } = pending;
    pending.verdict = query.read(request, length);
    if (pending.verdict !== Verdict.OK) return;
    this.#hasher.run(query.key, 0, query.nameLength);
    pending.low = this.#hasher.low;
    pending.high = this.#hasher.high;
  }

  /**
   * Loads what answering the first `count` queries begins with. Each loop is so short that the processor has many of
   * its loads under way at once. Call between `enter` and `leave`.
   */
  gather(count: number): void {
    const slots = this.#slots;
    const words = this.#words;
    const places = this.#places;
    for (let i = 0; i < count; i++) {
      const { query, low } = this.#pending[i] as Pending;
      const hash = keyHash(low, query.type);
      const slot = (hash & this.#mask) * Slot.WORDS;
      const place = slots[slot + Slot.ENTRY] as number;
      places[i] = slots[slot + Slot.HASH] === hash ? place : 0;
    }
    const last = words.length - 1;
    for (let i = 0; i < count; i++) {
      const place = places[i] as number;
      places[i] =
        place === 0
          ? this.#names.touch((this.#pending[i] as Pending).low)
          : (words[place] as number) | (words[Math.min(place + ANSWER_AHEAD, last)] as number);
    }
  }

  /**
   * Answers the query of `place`, which was read from `request`, into `reply` and returns the reply's length, 0 where
   * none is due, or MISS where the main thread has to compute it. `now` is in seconds since the table was made, for
   * answers that expire. Call between `enter` and `leave`.
   */
  answer(place: number, request: Uint8Array, visitor: Visitor, now: number, reply: Uint8Array): number {
    const pending = this.#pending[place] as Pending;
    const { query, verdict } = pending;
    if (verdict === Verdict.DROP) return 0;
    query.recursionAvailable = this.#served.has(visitor.client);
    const ruling = this.#guard?.rule(request, query, verdict, visitor) ?? Ruling.PASS;
    if (ruling !== Ruling.PASS) {
      if (verdict === Verdict.OK && ruling !== Ruling.DROP) this.#names.locate(query);
      return turnAway(request, query, ruling, reply);
    }
    switch (verdict) {
      case Verdict.OK:
        return this.#answer(request, pending, visitor.transport, now, reply);
      case Verdict.FORMERR:
        return renderEmpty(request, query, Rcode.FORMERR, reply);
      case Verdict.NOTIMP:
        return renderEmpty(request, query, Rcode.NOTIMP, reply);
      case Verdict.BADVERS:
        return renderEmpty(request, query, Rcode.BADVERS, reply);
      default:
        return verdict satisfies never;
    }
  }

  /** Notes in the query of `place` which zone its name lies in, as answers from the table do by themselves. */
  locate(place = 0): void {
    this.#names.locate(this.query(place));
  }

  /** `read` and `answer` for a query that comes alone. */
  respond(request: Uint8Array, length: number, visitor: Visitor, now: number, reply: Uint8Array): number {
    this.read(0, request, length);
    return this.answer(0, request, visitor, now, reply);
  }

  /** Whether the table has an answer, in its time or past it, to the query that came last alone. */
  holds(): boolean {
    const { query, low } = this.#pending[0] as Pending;
    return this.#find(query, keyHash(low, query.type)) !== 0;
  }

  #answer(
    request: Uint8Array,
    { query, low, high }: Pending,
    transport: Transport,
    now: number,
    reply: Uint8Array,
  ): number {
    if (query.class !== Class.IN) return MISS;
    const entry = this.#find(query, keyHash(low, query.type));
    if (entry === 0)
      return isPlain(query.type)
        ? this.#names.answerMissing(request, query, low, high, this.#zoneWords, reply)
        : MISS;
    const expiry = this.#words[(entry + Entry.EXPIRY) >> 2] as number;
    if (expiry !== 0 && now >= expiry) return MISS;
    const base = entry + Entry.KEY + query.nameLength + 2;
    const kind = at(this.#arena, base + Layout.FLAGS);
    if ((kind & FORWARDED) !== 0 && !isForwardable(request, query)) return MISS;
    const age = (kind & COUNTING) !== 0 ? now - countsSince(this.#arena, base) : 0;
    // The clock was set back: who knows how old it is.
    if (age < 0) return MISS;
    // Written only when it changes: readers would otherwise pull the line from each other for nothing.
    if (at(this.#arena, entry + Entry.USED) === 0) this.#arena[entry + Entry.USED] = 1;
    query.zone = (u16(this.#arena, base + Layout.ZONE) + 1) & NO_ZONE;
    const limit = transport === 'udp' ? query.udpLimit : MAX_MESSAGE;
    const room = Math.min(limit, reply.length);
    const turn = this.nextTurn();
    const end = renderCompiled(request, query, this.#arena, base, turn, this.#zoneWords, room, reply);
    if (age > 0) ageTtls(reply, query.questionEnd, query.optAt > 0 ? query.optAt : end, age);
    return end;
  }

  /** Where the entry of the query's key begins in the arena; 0 where there is none. */
  #find(query: Query, hash: number): number {
    const slots = this.#slots;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      // A plain load, which is inlined where the atomic one is a call. It is whole (32 bits, aligned), what it leads to
      // was written before it, and `enter` keeps it from happening too early.
      const place = (slots[slot * Slot.WORDS + Slot.ENTRY] as number) * 4;
      if (place === 0) return 0;
      if (slots[slot * Slot.WORDS + Slot.HASH] === hash && this.#isKey(query, place)) return place;
    }
  }

  #isKey(query: Query, place: number): boolean {
    const arena = this.#arena;
    const words = this.#words;
    const { key, keyWords } = query;
    const length = query.nameLength + 2;
    if (at(arena, place + Entry.KEY_LENGTH) + (at(arena, place + Entry.KEY_LENGTH + 1) << 8) !== length)
      return false;
    const first = (place + Entry.KEY) >> 2;
    const whole = length >> 2;
    for (let i = 0; i < whole; i++) if (words[first + i] !== keyWords[i]) return false;
    for (let i = whole * 4; i < length; i++)
      if (at(arena, place + Entry.KEY + i) !== at(key, i)) return false;
    return true;
  }

  /** A number that picks a rotation. */
  nextTurn(): number {
    let turn = this.#turn;
    turn ^= turn << 13;
    turn ^= turn >>> 17;
    turn ^= turn << 5;
    this.#turn = turn;
    return turn >>> 1;
  }
}

/** What a client gets instead of an answer. */
function turnAway(request: Uint8Array, query: Query, ruling: Ruling, reply: Uint8Array): number {
  if (ruling === Ruling.DROP) return 0;
  if (ruling === Ruling.BADCOOKIE) return renderEmpty(request, query, Rcode.BADCOOKIE, reply);
  if (ruling === Ruling.REFUSE) {
    query.ede = ExtendedErrorCode.PROHIBITED;
    return renderEmpty(request, query, Rcode.REFUSED, reply);
  }
  const length = renderEmpty(request, query, Rcode.NOERROR, reply);
  reply[2] = at(reply, 2) | Flag.TC;
  return length;
}
