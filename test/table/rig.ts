// A table's writer with a tree to hang answers on, and a plain look at every entry that its slots lead to.
import { type Counters, noCounters } from '../../src/base/counters.ts';
import { Control, Entry, EPOCH_STEP, Slot, type TableMemory } from '../../src/table/layout.ts';
import { TableReader } from '../../src/table/lookup.ts';
import { Publisher } from '../../src/table/publish.ts';
import { Client } from '../../src/wire/client.ts';
import { Rcode, Type } from '../../src/wire/codes.ts';
import { layOut } from '../../src/wire/compiled.ts';
import { Query } from '../../src/wire/query.ts';
import { renderCompiled } from '../../src/wire/reply.ts';
import type { Node } from '../../src/zone/node.ts';
import { Tree } from '../../src/zone/tree.ts';
import { type Shape, smallMemory } from './memory.ts';
import { keyOf, packet } from './questions.ts';

/** A compiled answer with one TXT record; two texts of one length are equally long. */
export function answerOf(text: string): Uint8Array {
  const rdata = Buffer.concat([Buffer.of(text.length), Buffer.from(text)]);
  return layOut({
    rcode: Rcode.NOERROR,
    authoritative: true,
    answers: 1,
    authority: 0,
    additional: 0,
    alternatives: 0,
    rotateFrom: 0,
    rotateCount: 0,
    serialAt: -1,
    zone: 0,
    offsets: [0],
    body: Buffer.concat([Buffer.of(0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 30, 0, rdata.length), rdata]),
  });
}

/** What a whole entry takes in the arena. */
export function entryLength(name: string, compiled: Uint8Array): number {
  return (Entry.KEY + keyOf(name).length + compiled.length + 3) & ~3;
}

export interface Seen {
  readonly slot: number;
  readonly hash: number;
  readonly place: number;
  readonly length: number;
  readonly key: string;
  readonly compiled: string;
}

export class Rig {
  readonly memory: TableMemory;
  readonly tree = new Tree({ drop: (dependent) => this.publisher.drop(dependent) });
  readonly publisher: Publisher;
  /** The reader under test, as a worker has it. */
  readonly reader: TableReader;
  drops = 0;
  evictions = 0;
  readonly #slots: Int32Array;
  readonly #arena: Buffer;
  readonly #client = new Client();
  readonly #zoneWords: Uint32Array;

  /** `epoch` is where epochs begin to be counted. */
  constructor(shape: Shape = {}, epoch = 0) {
    this.memory = smallMemory(shape);
    new Int32Array(this.memory.control)[Control.EPOCH] = epoch;
    const counters: Counters = {
      ...noCounters,
      tableDrops: { inc: () => this.drops++ },
      tableEvictions: { inc: () => this.evictions++ },
    };
    this.publisher = new Publisher(this.memory, () => this.tree, counters);
    this.reader = new TableReader(this.memory, 5);
    this.#slots = new Int32Array(this.memory.slots);
    this.#arena = Buffer.from(this.memory.arena);
    this.#zoneWords = new Uint32Array(this.memory.zoneWords);
  }

  /** Segments retired so far, where epochs began at 0. */
  get retired(): number {
    return new Int32Array(this.memory.control)[Control.EPOCH]! / EPOCH_STEP;
  }

  node(...labels: string[]): Node {
    return this.tree.ensure(labels);
  }

  publish(
    name: string,
    compiled: Uint8Array,
    reads: readonly Node[] = [],
    expiry = 0,
    type: number = Type.TXT,
  ) {
    const key = keyOf(name, type);
    // In a longer buffer, as a query's key is.
    const longer = Buffer.concat([key, Buffer.from('left over')]);
    this.publisher.publish(longer, key.length, compiled, reads, expiry);
  }

  /** The reply that a worker gives at second `now`, or its MISS. */
  ask(name: string, now = 0, type: number = Type.TXT): Buffer | number {
    const request = packet({ name, type });
    const reply = Buffer.alloc(1232);
    this.reader.enter();
    const length = this.reader.respond(
      request,
      request.length,
      { transport: 'udp', client: this.#client },
      now,
      reply,
    );
    this.reader.leave();
    return length > 0 ? reply.subarray(0, length) : length;
  }

  /** The reply that a compiled answer makes. */
  rendered(name: string, compiled: Uint8Array): Buffer {
    const request = packet({ name, type: Type.TXT });
    const query = new Query();
    query.read(request, request.length);
    const reply = Buffer.alloc(1232);
    const length = renderCompiled(request, query, compiled, 0, 0, this.#zoneWords, 1232, reply);
    return reply.subarray(0, length);
  }

  get slotCount(): number {
    return this.#slots.length / Slot.WORDS;
  }

  /** Every entry that a slot leads to, in order of the slots, without marking any as used. */
  entries(): Seen[] {
    const seen: Seen[] = [];
    for (let slot = 0; slot < this.slotCount; slot++) {
      const place = this.#slots[slot * Slot.WORDS + Slot.ENTRY]! * 4;
      if (place === 0) continue;
      const keyLength = this.#arena.readUInt16LE(place + Entry.KEY_LENGTH);
      const length = this.#arena.readInt32LE(place + Entry.LENGTH);
      const key = place + Entry.KEY;
      seen.push({
        slot,
        hash: this.#slots[slot * Slot.WORDS + Slot.HASH]!,
        place,
        length,
        key: this.#arena.toString('latin1', key, key + keyLength),
        compiled: this.#arena.toString('latin1', key + keyLength, place + length),
      });
    }
    return seen;
  }

  bytes(place: number, length: number): string {
    return this.#arena.toString('latin1', place, place + length);
  }
}

/** The text of a key, as `entries` gives it. */
export function keyText(name: string, type: number = Type.TXT): string {
  return keyOf(name, type).toString('latin1');
}
