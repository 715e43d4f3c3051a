// A table with other servers' answers in it, and a worker's reader that a client in a network asks.

import { MISS, TableReader } from '../../src/table/lookup.ts';
import type { Answer } from '../../src/upstream/cache.ts';
import { lookThrough } from '../../src/upstream/cache-reply.ts';
import { acceptReply } from '../../src/upstream/receive.ts';
import { Client } from '../../src/wire/client.ts';
import { type Network, networkFromText } from '../../src/wire/network.ts';
import { Query } from '../../src/wire/query.ts';
import { packet } from './questions.ts';
import { World } from './world.ts';

/** When answers came, in milliseconds since 1970: soon after the table was made, and still to come. */
const LATER_MS = 5_000_000;

export function network(text: string): Network {
  const read = networkFromText(text);
  if (typeof read === 'string') throw new RangeError(read);
  return read;
}

/** An answer that came at `cameAt`, from the bytes of a reply to `question` (name, type, class). */
export function answerFrom(bytes: Uint8Array, question: Uint8Array, cameAt: number): Answer {
  const reply = acceptReply(bytes, question);
  if (reply === undefined) throw new RangeError('no reply');
  const kept = lookThrough(reply, { min: 0, max: 86_400 });
  return { kind: 'answer', ...kept, cameAt, heldUntil: cameAt + kept.life * 1000, stale: false };
}

export class ForwardedScene {
  readonly world = new World().load({ '/skydns/z/a': { host: '10.0.0.1' } });
  readonly reader = new TableReader(this.world.table.memory, 7);
  readonly client = new Client();
  /** When answers come: milliseconds since 1970, and the same as a second of the table. */
  readonly cameAt: number;
  readonly second: number;
  readonly #query = new Query();

  constructor(served: readonly string[] = ['10.0.0.0/8', 'fd00::/8']) {
    const { table } = this.world;
    table.serve(served.map(network));
    this.client.setText('10.1.2.3');
    this.cameAt = (table.memory.madeAt + LATER_MS / 1000) * 1000;
    this.second = LATER_MS / 1000;
  }

  /** Keeps an answer to what `request` asks. */
  keep(request: Uint8Array, answer: Answer): void {
    this.#query.read(request, request.length);
    this.world.table.keepForwarded(request, this.#query, answer);
  }

  /** The reply after `age` seconds; undefined for a miss. `room` is that of the reply's memory. */
  ask(request: Uint8Array, age = 0, room = 1232): Buffer | undefined {
    const reply = Buffer.alloc(room + 64, 0xee);
    const { reader, client, second } = this;
    reader.enter();
    const length = reader.respond(
      request,
      request.length,
      { transport: 'udp', client },
      second + age,
      reply.subarray(0, room),
    );
    reader.leave();
    if (reply.subarray(room).some((byte) => byte !== 0xee)) throw new RangeError('written too far');
    return length === MISS ? undefined : reply.subarray(0, length);
  }

  /** The reply to a question of the usual kind. */
  askFor(name: string, age = 0): Buffer | undefined {
    return this.ask(packet({ name, size: 1232 }), age);
  }
}
