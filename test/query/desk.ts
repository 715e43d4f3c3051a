// Everything between the bytes of a query and the bytes of its reply: zones, answerer and table, as a server joins them.
import { noCounters } from '../../src/base/counters.ts';
import { Answerer, type AnswererOptions } from '../../src/query/answerer.ts';
import type { Respond } from '../../src/query/responder.ts';
import { AnswerTable } from '../../src/table/table.ts';
import { type Message, readMessage } from '../../src/wire/message.ts';
import type { Transport } from '../../src/wire/query.ts';
import { Contents } from '../../src/zone/contents.ts';
import { nameOfNode } from '../../src/zone/node.ts';
import { type ZoneOptions, Zones } from '../../src/zone/zones.ts';
import { TestAsker } from '../support/asker.ts';
import { entry, PREFIX, type Records, TTLS } from '../support/zone-fixture.ts';
import { linesOfMessage } from '../support/zone-text.ts';
import { header, opt, question, wire } from '../wire/packets.ts';

export const OPTIONS: AnswererOptions = { ttls: TTLS, version: 'fingerpost 1.2.3', serverId: 'host-1' };

const TYPES: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
};

export function typeOf(text: string): number {
  return TYPES[text] ?? Number(text.replace('TYPE', ''));
}

/** The bytes of a query for `web.example.org A`, class IN unless told. `size`: of EDNS, none without. */
export function packet(text: string, size?: number, rrClass = 1): Uint8Array {
  const [owner = '', type = ''] = text.split(' ');
  const counts = [1, 0, 0, size === undefined ? 0 : 1] as const;
  const labels = owner === '.' ? [] : owner.split('.');
  return Uint8Array.from([
    ...header({ counts }),
    ...question(wire(...labels), typeOf(type), rrClass),
    ...(size === undefined ? [] : opt({ size })),
  ]);
}

export interface DeskOptions {
  readonly zones?: readonly (string | ZoneOptions)[];
  readonly tableSize?: number;
  /** False: the first list has not come in yet. */
  readonly isReady?: boolean;
  readonly answerer?: Partial<AnswererOptions>;
}

export class Desk {
  readonly contents: Contents;
  readonly table: AnswerTable;
  readonly answerer: Answerer;
  readonly respond: Respond;
  readonly counted = { hits: 0, misses: 0, drops: 0, evictions: 0, compiled: 0, dropped: 0 };
  readonly #reply = Buffer.alloc(65_535);

  constructor(records: Records = {}, options: DeskOptions = {}) {
    const zones = new Zones(
      (options.zones ?? ['example.org']).map((zone) => (typeof zone === 'string' ? { name: zone } : zone)),
    );
    const { counted } = this;
    const counters = {
      ...noCounters,
      tableHits: { inc: () => counted.hits++ },
      tableMisses: { inc: () => counted.misses++ },
      tableDrops: { inc: () => counted.drops++ },
      tableEvictions: { inc: () => counted.evictions++ },
      answersCompiled: { inc: () => counted.compiled++ },
      dropped: { inc: () => counted.dropped++ },
    };
    const table = new AnswerTable(options.tableSize ?? 4 << 20, zones, () => this.contents.tree, counters);
    this.table = table;
    this.contents = new Contents(zones, PREFIX, {
      drop: (dependent) => table.drop(dependent),
      added: (node) => table.names.add(nameOfNode(node)),
      removed: (node) => table.names.remove(nameOfNode(node)),
      bad: () => {},
    });
    this.answerer = new Answerer(
      this.contents,
      { ...OPTIONS, ...options.answerer },
      (query, compiled, reads) => table.keep(query, compiled, reads),
      counters,
    );
    this.respond = table.responder(this.answerer, counters);
    this.contents.listing();
    this.contents.page(Object.entries(records).map(([key, value]) => entry(key, value)));
    if (options.isReady === false) return;
    this.contents.listed(7);
    this.answerer.ready();
    table.names.publish();
  }

  /** The bytes of the reply; none where none is due. */
  bytes(request: Uint8Array, transport: Transport = 'udp'): Uint8Array {
    this.#reply.fill(0xee, 0, 1300);
    const length = this.respond(request, new TestAsker(transport), this.#reply);
    return Uint8Array.from(this.#reply.subarray(0, length));
  }

  message(request: Uint8Array, transport: Transport = 'udp'): Message {
    const bytes = this.bytes(request, transport);
    const message = readMessage(bytes);
    if (message === undefined) throw new RangeError(`no message: ${Buffer.from(bytes).toString('hex')}`);
    return message;
  }

  /** The reply to `web.example.org A` as text, by TCP so that it is whole. */
  ask(text: string): string[] {
    return linesOfMessage(this.message(packet(text), 'tcp'));
  }
}
