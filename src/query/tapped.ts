// Answers noted in the main thread's ring of records, for the query log, dnstap and `top`, where anybody wants them.
import { type Source, Source as Sources } from '../tap/record.ts';
import type { TapWriter } from '../tap/writer.ts';
import { at, u16 } from '../wire/bytes.ts';
import { Client } from '../wire/client.ts';
import { Flag } from '../wire/codes.ts';
import type { Query, Transport } from '../wire/query.ts';
import type { Asker, Respond, SendLate } from './responder.ts';

/** What a record says of a question beside the messages. */
interface Asked {
  readonly client: Client;
  readonly transport: Transport;
  readonly source: Source;
  /** When it was taken in, on the clock of performance.now(). */
  readonly began: number;
}

/** Writes the record of a reply to `query`, which was read from `request`, where it is wanted. */
function note(tap: TapWriter, asked: Asked, request: Uint8Array, query: Query, reply: Uint8Array): void {
  // The upper bits stand in the OPT record (RFC 6891 6.1.3).
  const upper = query.optAt > 0 ? at(reply, query.optAt + 5) << 4 : 0;
  const rcode = (at(reply, 3) & Flag.RCODE) | upper;
  const wants = tap.wants(rcode);
  if (wants === 0) return;
  tap.begin(asked.began);
  if (!tap.open(wants, asked.client, query, request.length, reply.length, rcode, u16(reply, 2))) return;
  tap.bytes.set(request.subarray(0, tap.requestKept), tap.requestAt * 4);
  tap.bytes.set(reply.subarray(0, tap.replyKept), tap.replyAt * 4);
  tap.close(wants, asked.source, asked.transport, Math.round((performance.now() - asked.began) * 1000));
  tap.publish();
}

/** Stands in for whoever asks, while a question is answered: hears where the answer comes from, and of every reply. */
class TappedAsker implements Asker, Asked {
  asker: Asker;
  source: Source = Sources.TABLE;
  began = 0;
  readonly #tap: TapWriter;

  constructor(asker: Asker, tap: TapWriter) {
    this.asker = asker;
    this.#tap = tap;
  }

  get transport(): Transport {
    return this.asker.transport;
  }

  get client(): Client {
    return this.asker.client;
  }

  get admitted(): boolean {
    return this.asker.admitted === true;
  }

  cameFrom(source: Source): void {
    this.source = source;
  }

  answered(request: Uint8Array, query: Query, reply: Uint8Array, length: number): void {
    this.asker.answered?.(request, query, reply, length);
    note(this.#tap, this, request, query, reply.subarray(0, length));
  }

  later(): SendLate {
    const send = this.asker.later();
    const { transport, began } = this;
    const client = new Client();
    client.words.set(this.client.words);
    client.port = this.client.port;
    const asked = { client, transport, began, source: Sources.UPSTREAM };
    return (reply, request, query) => {
      if (reply.length > 0 && request !== undefined && query !== undefined)
        note(this.#tap, asked, request, query, reply);
      send(reply, request, query);
    };
  }
}

/** Answers as `respond` does, and notes what is wanted. While nothing is, it costs a look. */
export function tapped(respond: Respond, tap: TapWriter): Respond {
  let standIn: TappedAsker | undefined;
  return (request, asker, reply) => {
    if (!tap.isOn) return respond(request, asker, reply);
    standIn ??= new TappedAsker(asker, tap);
    standIn.asker = asker;
    standIn.source = Sources.TABLE;
    standIn.began = asker.began ?? performance.now();
    return respond(request, standIn, reply);
  };
}
