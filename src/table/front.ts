// What comes before the answerer, for an explanation: the same reader and guard that workers use, counting nothing.
import { Guard, type GuardMemory, withoutTrace } from '../guard/guard.ts';
import { Action } from '../guard/settings.ts';
import type { Front } from '../query/explain/explainer.ts';
import type { AnswerSource } from '../query/explain/explanation.ts';
import type { Asker } from '../query/responder.ts';
import type { Query } from '../wire/query.ts';
import type { TableMemory } from './layout.ts';
import { MISS, TableReader } from './lookup.ts';
import { MAIN_READER } from './table.ts';

/** For the main thread, which writes the table, so that nothing is used anew while it reads. */
export class TableFront implements Front {
  readonly #guard: Guard;
  readonly #reader: TableReader;

  constructor(table: TableMemory, guard: GuardMemory) {
    this.#guard = new Guard(withoutTrace(guard), 0);
    this.#reader = new TableReader(table, MAIN_READER, 1, this.#guard);
  }

  reply(request: Uint8Array, asker: Asker, reply: Uint8Array): number | undefined {
    const reader = this.#reader;
    const length = reader.respond(request, request.length, asker, reader.now(), reply);
    return length === MISS ? undefined : length;
  }

  query(): Query {
    return this.#reader.query();
  }

  nextTurn(): number {
    return this.#reader.nextTurn();
  }

  source({ client }: Asker): AnswerSource {
    const action = this.#guard.actionFor(client);
    if (action !== Action.ALLOW) return action === Action.DROP ? 'none' : 'rule';
    return this.#reader.holds() ? 'table' : 'names';
  }
}
