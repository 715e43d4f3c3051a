// The shared answer table, whole: its memory, its one writer, the set of names, and the answering of a message with it.
import type { Counters } from '../base/counters.ts';
import { type Logger, silent } from '../base/log.ts';
import type { Guard } from '../guard/guard.ts';
import type { Answerer } from '../query/answerer.ts';
import type { Respond } from '../query/responder.ts';
import { Source } from '../tap/record.ts';
import type { Answer } from '../upstream/cache.ts';
import { copyOf, u16 } from '../wire/bytes.ts';
import { Rcode, typeName } from '../wire/codes.ts';
import { counting } from '../wire/compiled.ts';
import { type Name, nameToText } from '../wire/name.ts';
import type { Network } from '../wire/network.ts';
import type { Query } from '../wire/query.ts';
import { renderEmpty } from '../wire/reply.ts';
import { SharedNetworks } from '../wire/shared-networks.ts';
import type { Dependent, Node } from '../zone/node.ts';
import type { Tree } from '../zone/tree.ts';
import type { Zones } from '../zone/zones.ts';
import { layOutForwarded } from './forwarded.ts';
import { layOutTable, type TableMemory } from './layout.ts';
import { MISS, TableReader } from './lookup.ts';
import { NamesWriter } from './names-writer.ts';
import { Publisher } from './publish.ts';

/** Under what an answer is kept. */
type Key = Pick<Query, 'nameLength'> & { readonly key: Uint8Array };

/** The main thread's number among the readers. */
export const MAIN_READER = 0;
/** How long answers are made anew at a stretch, in milliseconds; what is left is made when it is asked for. */
const RENEW_MS = 1;

export class AnswerTable {
  readonly memory: TableMemory;
  readonly names: NamesWriter;
  readonly #publisher: Publisher;
  readonly #reader: TableReader;
  readonly #served: SharedNetworks;
  /** Given the key of a dropped answer, a name and a type. */
  #makeAnew: (key: Uint8Array) => void = () => {};
  #renewing = false;

  /**
   * `bytes` bounds answers and index; `tree` is asked for late, since the tree in turn drops from here. The guard is the
   * main thread's.
   */
  constructor(bytes: number, zones: Zones, tree: () => Tree, counters: Counters, guard?: Guard) {
    const zoneNames = Buffer.concat(zones.all.map((zone) => zone.name));
    const names = new SharedArrayBuffer(zoneNames.length);
    new Uint8Array(names).set(zoneNames);
    this.memory = layOutTable(bytes, names, zones.words.buffer as SharedArrayBuffer);
    this.names = new NamesWriter(this.memory);
    this.#publisher = new Publisher(this.memory, tree, counters);
    this.#reader = new TableReader(this.memory, MAIN_READER, 1, guard);
    this.#served = new SharedNetworks(this.memory.served);
  }

  /** Answers in the table. */
  get count(): number {
    return this.#publisher.count;
  }

  /** Bytes that they take. */
  get bytes(): number {
    return this.#publisher.bytes;
  }

  /** Bytes that there are for answers. */
  get capacity(): number {
    return this.memory.arena.byteLength;
  }

  /** `life`: seconds that it may be kept, its TTLs counting down meanwhile; 0 for ever, with TTLs as they are. */
  keep({ key, nameLength }: Key, compiled: Uint8Array, reads: readonly Node[], life = 0): void {
    if (life === 0) {
      this.#publisher.publish(key, nameLength + 2, compiled, reads);
      return;
    }
    const now = this.#reader.now();
    this.#publisher.publish(key, nameLength + 2, counting(compiled, now), reads, now + life);
  }

  /**
   * Keeps another server's answer to `query`, which was read from `request`, for as long as it is held; in place of an
   * earlier one. It is given to clients in the networks of `serve` who ask for recursion without DO or CD.
   */
  keepForwarded(request: Uint8Array, query: Query, answer: Answer): void {
    const since = this.#second(answer.cameAt);
    const expiry = this.#second(answer.heldUntil);
    if (expiry <= Math.max(since, this.#reader.now())) return;
    const compiled = layOutForwarded(request, query, answer);
    if (compiled === undefined) return;
    this.#publisher.publish(query.key, query.nameLength + 2, counting(compiled, since), [], expiry);
  }

  /** Forgets the answers of other servers to names in a zone: who answers for it has changed. */
  dropForwarded(zone: Name): void {
    this.#publisher.dropForwarded(zone);
  }

  /** From now on it is the clients in these networks who have answers of other servers from here, and RA in every reply. */
  serve(networks: readonly Network[]): void {
    this.#served.replace(networks);
  }

  /** Milliseconds since 1970 as a second since the table was made. */
  #second(ms: number): number {
    return Math.floor(ms / 1000) - this.memory.madeAt;
  }

  /** Takes an answer out that a change has made untrue. One that clients ask for comes back when the turn ends. */
  drop(dependent: Dependent): void {
    this.#publisher.drop(dependent);
    if (this.#renewing) return;
    this.#renewing = true;
    queueMicrotask(() => this.#renew());
  }

  /**
   * Makes dropped answers anew that were given out since they were made: nobody has to wait for them, and it costs less
   * than a miss. An answer is made at most once for each time that it was asked for, so it is never more work either.
   */
  #renew(): void {
    this.#renewing = false;
    const end = performance.now() + RENEW_MS;
    for (const key of this.#publisher.takeWanted()) {
      this.#makeAnew(key);
      if (performance.now() >= end) return;
    }
  }

  /** Takes every answer out. */
  clear(): void {
    this.#publisher.clear();
  }

  /**
   * The table first, then the answerer: what every transport of the main thread calls, and what misses come to. From
   * now on it is this answerer that makes dropped answers anew.
   */
  responder(answerer: Answerer, counters: Counters, logger: Logger = silent): Respond {
    const reader = this.#reader;
    const failed = (error: unknown, name: Name, type: number) => {
      counters.failures.inc();
      logger.error({ err: error, name: nameToText(name), type: typeName(type) }, 'a question failed');
    };
    this.#makeAnew = (key) => {
      try {
        answerer.renew(key);
      } catch (error) {
        failed(error, copyOf(key, 0, key.length - 2) as Name, u16(key, key.length - 2));
      }
    };
    const respond: Respond = (request, asker, reply) => {
      // The main thread is the writer too, so nothing can be reused under this reader: it need not enter and leave.
      const length = reader.respond(request, request.length, asker, reader.now(), reply);
      if (length > 0) counters.tableHits.inc();
      if (length === 0) counters.dropped.inc();
      if (length !== MISS) return length;
      counters.tableMisses.inc();
      asker.cameFrom?.(Source.COMPUTED);
      reader.locate();
      try {
        return answerer.answer(request, reader.query(), asker, reader.nextTurn(), reply);
      } catch (error) {
        // Nothing there throws; but should it once, one question goes unanswered and not all of them.
        failed(error, reader.query().name(), reader.query().type);
        return renderEmpty(request, reader.query(), Rcode.SERVFAIL, reply);
      }
    };
    return (request, asker, reply) => {
      const length = respond(request, asker, reply);
      if (length > 0) asker.answered?.(request, reader.query(), reply, length);
      return length;
    };
  }
}
