// The shared answer table, whole: its memory, its one writer, the set of names, and the answering of a message with it.
import type { Counters } from '../base/counters.ts';
import { type Logger, silent } from '../base/log.ts';
import type { Answerer } from '../query/answerer.ts';
import type { Respond } from '../query/responder.ts';
import { Rcode, typeName } from '../wire/codes.ts';
import { nameToText } from '../wire/name.ts';
import type { Query } from '../wire/query.ts';
import { renderEmpty } from '../wire/reply.ts';
import type { Dependent, Node } from '../zone/node.ts';
import type { Tree } from '../zone/tree.ts';
import type { Zones } from '../zone/zones.ts';
import { layOutTable, type TableMemory } from './layout.ts';
import { MISS, TableReader } from './lookup.ts';
import { NamesWriter } from './names-writer.ts';
import { Publisher } from './publish.ts';

/** The main thread's number among the readers. */
const MAIN_READER = 0;

export class AnswerTable {
  readonly memory: TableMemory;
  readonly names: NamesWriter;
  readonly #publisher: Publisher;
  readonly #reader: TableReader;

  /** `bytes` bounds answers and index; `tree` is asked for late, since the tree in turn drops from here. */
  constructor(bytes: number, zones: Zones, tree: () => Tree, counters: Counters) {
    const zoneNames = Buffer.concat(zones.all.map((zone) => zone.name));
    const names = new SharedArrayBuffer(zoneNames.length);
    new Uint8Array(names).set(zoneNames);
    this.memory = layOutTable(bytes, names, zones.words.buffer as SharedArrayBuffer);
    this.names = new NamesWriter(this.memory);
    this.#publisher = new Publisher(this.memory, tree, counters);
    this.#reader = new TableReader(this.memory, MAIN_READER);
  }

  /** Answers in the table. */
  get count(): number {
    return this.#publisher.count;
  }

  keep(query: Query, compiled: Uint8Array, reads: readonly Node[]): void {
    this.#publisher.publish(query.key, query.nameLength + 2, compiled, reads);
  }

  /** Takes an answer out that a change has made untrue. */
  drop(dependent: Dependent): void {
    this.#publisher.drop(dependent);
  }

  /** Takes every answer out. */
  clear(): void {
    this.#publisher.clear();
  }

  /** The table first, then the answerer: what every transport of the main thread calls, and what misses come to. */
  responder(answerer: Answerer, counters: Counters, logger: Logger = silent): Respond {
    const reader = this.#reader;
    const failed = (error: unknown, query: Query) => {
      counters.failures.inc();
      logger.error(
        { err: error, name: nameToText(query.name()), type: typeName(query.type) },
        'a question failed',
      );
    };
    return (request, asker, reply) => {
      const { transport, client } = asker;
      // The main thread is the writer too, so nothing can be reused under this reader: it need not enter and leave.
      const length = reader.respond(request, request.length, transport, client, reader.now(), reply);
      if (length > 0) counters.tableHits.inc();
      if (length === 0) counters.dropped.inc();
      if (length !== MISS) return length;
      counters.tableMisses.inc();
      try {
        return answerer.answer(request, reader.query, asker, reader.nextTurn(), reply);
      } catch (error) {
        // Nothing there throws; but should it once, one question goes unanswered and not all of them.
        failed(error, reader.query);
        return renderEmpty(request, reader.query, Rcode.SERVFAIL, reply);
      }
    };
  }
}
