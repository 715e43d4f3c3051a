// Zones, table and answerer joined as the server joins them, and beside them the full path that keeps nothing.
import { type Counters, noCounters } from '../../src/base/counters.ts';
import { Answerer, type Keep } from '../../src/query/answerer.ts';
import type { Respond } from '../../src/query/responder.ts';
import type { Change, Entry } from '../../src/service/entry.ts';
import { MISS, TableReader } from '../../src/table/lookup.ts';
import { AnswerTable } from '../../src/table/table.ts';
import { Client } from '../../src/wire/client.ts';
import { Query, type Transport, Verdict } from '../../src/wire/query.ts';
import { Contents } from '../../src/zone/contents.ts';
import { nameOfNode } from '../../src/zone/node.ts';
import { type ZoneOptions, Zones } from '../../src/zone/zones.ts';
import { TestAsker } from '../support/asker.ts';

const PREFIX = '/skydns';
const OPTIONS = { ttls: { ttl: 30, negative: 10 }, version: 'fingerpost', serverId: 'here' } as const;

/** Questions that a worker takes together. */
export const ASKED_AT_ONCE = 64;

const scratch = Buffer.alloc(65_535);

/** A copy of what was written. */
function taken(length: number): Buffer {
  return Buffer.from(scratch.subarray(0, length));
}

/** Values by key; undefined deletes. */
export type Changes = Readonly<Record<string, object | undefined>>;

function entryOf(key: string, value: object, revision: number): Entry {
  return { key, value: JSON.stringify(value), revision, lease: undefined, writtenAt: undefined };
}

export class World {
  readonly contents: Contents;
  readonly table: AnswerTable;
  /** The table first, then the zones: what transports call. */
  readonly respond: Respond;
  readonly counts = { tableHits: 0, tableMisses: 0, tableDrops: 0, tableEvictions: 0, dropped: 0 };
  readonly #full: Answerer;
  readonly #query = new Query();

  constructor(zones: readonly ZoneOptions[] = [{ name: 'z' }], bytes = 1 << 20) {
    const all = new Zones(zones);
    const counters: Counters = { ...noCounters, ...this.#counters() };
    const table = new AnswerTable(bytes, all, () => this.contents.tree, counters);
    this.table = table;
    this.contents = new Contents(all, PREFIX, {
      drop: (dependent) => table.drop(dependent),
      added: (node) => table.names.add(nameOfNode(node)),
      removed: (node) => table.names.remove(nameOfNode(node)),
      bad: ({ key, problem }) => {
        throw new Error(`${key}: ${problem}`);
      },
    });
    const keep: Keep = (...kept) => table.keep(...kept);
    const answerer = new Answerer(this.contents, OPTIONS, keep, counters);
    this.#full = new Answerer(this.contents, OPTIONS, () => {}, noCounters);
    this.respond = table.responder(answerer, counters);
    for (const one of [answerer, this.#full]) one.ready();
  }

  #counters(): Partial<Counters> {
    const { counts } = this;
    const names = Object.keys(counts) as (keyof typeof counts)[];
    return Object.fromEntries(
      names.map((name) => [
        name,
        {
          inc: () => {
            counts[name]++;
          },
        },
      ]),
    );
  }

  /** The first list of all, at revision 1; names are known from then on. */
  load(records: Readonly<Record<string, object>>): this {
    this.contents.listing();
    this.contents.page(Object.entries(records).map(([key, value]) => entryOf(key, value, 1)));
    this.contents.listed(1);
    this.table.names.publish();
    return this;
  }

  /** Changes of one revision. */
  apply(changes: Changes): void {
    const revision = this.contents.revision + 1;
    const batch = Object.entries(changes).map(([key, value]): Change => {
      if (value === undefined) return { kind: 'delete', key, revision };
      return { kind: 'put', entry: entryOf(key, value, revision) };
    });
    this.contents.apply({ revision, changes: batch });
  }

  /** As a transport of the main thread asks. */
  ask(request: Uint8Array, transport: Transport = 'udp'): Buffer {
    return taken(this.respond(request, new TestAsker(transport), scratch));
  }

  /** From the zones, whatever the table has. */
  askFull(request: Uint8Array, transport: Transport, turn: number): Buffer {
    if (this.#query.read(request, request.length) !== Verdict.OK) throw new RangeError('not a fair question');
    return taken(this.#full.answer(request, this.#query, new TestAsker(transport), turn, scratch));
  }

  /** A reader as workers have it. */
  reader(number: number): Asker {
    return new Asker(new TableReader(this.table.memory, number, ASKED_AT_ONCE));
  }
}

/** Asks one reader of the table. */
export class Asker {
  readonly reader: TableReader;
  readonly #client = new Client();

  constructor(reader: TableReader) {
    this.reader = reader;
  }

  /** The reply; undefined for a miss. */
  ask(request: Uint8Array, transport: Transport = 'udp'): Buffer | undefined {
    return this.askAll([{ packet: request, transport }])[0];
  }

  /** The reply to each of a batch, at most ASKED_AT_ONCE; undefined for a miss. */
  askAll(all: readonly { packet: Uint8Array; transport: Transport }[]): (Buffer | undefined)[] {
    const { reader } = this;
    reader.enter();
    for (const [place, { packet }] of all.entries()) reader.read(place, packet, packet.length);
    reader.gather(all.length);
    const replies = all.map(({ packet, transport }, place) => {
      const length = reader.answer(place, packet, { transport, client: this.#client }, reader.now(), scratch);
      return length === MISS ? undefined : taken(length);
    });
    reader.leave();
    return replies;
  }
}
