// Answers noted in the main thread's ring of records, for the query log, dnstap and `top`, where anybody wants them.
import { type Source, Source as Sources } from '../tap/record.ts';
import type { TapWriter } from '../tap/writer.ts';
import { at, u16 } from '../wire/bytes.ts';
import { Client } from '../wire/client.ts';
import { Flag, MAX_MESSAGE, Type } from '../wire/codes.ts';
import { Query, type Transport } from '../wire/query.ts';
import type { Asker, Respond } from './responder.ts';

/** The upper bits of an rcode stand in OPT, which in an error without records follows the question (RFC 6891 6.1.3). */
function rcodeOf(reply: Uint8Array, length: number, { questionEnd }: Query): number {
  const lower = at(reply, 3) & Flag.RCODE;
  const isBare = u16(reply, 6) === 0 && u16(reply, 8) === 0 && u16(reply, 10) === 1;
  if (!isBare || length < questionEnd + 11 || u16(reply, questionEnd + 1) !== Type.OPT) return lower;
  return lower | (at(reply, questionEnd + 5) << 4);
}

/** Writes records of replies, each whole. */
class Notes {
  readonly #tap: TapWriter;
  readonly #query = new Query();

  constructor(tap: TapWriter) {
    this.#tap = tap;
  }

  note(
    request: Uint8Array,
    client: Client,
    transport: Transport,
    reply: Uint8Array,
    length: number,
    source: Source,
    started: number,
  ): void {
    const tap = this.#tap;
    const query = this.#query;
    query.read(request, request.length);
    const rcode = rcodeOf(reply, length, query);
    const wants = tap.wants(rcode);
    if (wants === 0) return;
    tap.begin(started);
    if (!tap.open(wants, client, query, request.length, length, rcode, u16(reply, 2))) return;
    tap.bytes.set(request.subarray(0, tap.requestKept), tap.requestAt * 4);
    tap.bytes.set(reply.subarray(0, tap.replyKept), tap.replyAt * 4);
    tap.close(wants, source, transport, Math.round((performance.now() - started) * 1000));
    tap.publish();
  }
}

/** Stands in for whoever asks, while a question is answered: hears where the answer comes from, and of late replies. */
class TappedAsker implements Asker {
  asker: Asker;
  source: Source = Sources.TABLE;
  request: Uint8Array = new Uint8Array();
  started = 0;
  readonly #notes: Notes;

  constructor(asker: Asker, notes: Notes) {
    this.asker = asker;
    this.#notes = notes;
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

  later(): (reply: Uint8Array) => void {
    const send = this.asker.later();
    const { transport, started } = this;
    const client = new Client();
    client.words.set(this.client.words);
    client.port = this.client.port;
    const request = Uint8Array.from(this.request);
    return (reply) => {
      const { length } = reply;
      if (length > 0 && length <= MAX_MESSAGE)
        this.#notes.note(request, client, transport, reply, length, Sources.UPSTREAM, started);
      send(reply);
    };
  }
}

/** Answers as `respond` does, and notes what is wanted. While nothing is, it costs a look. */
export function tapped(respond: Respond, tap: TapWriter): Respond {
  const notes = new Notes(tap);
  let standIn: TappedAsker | undefined;
  return (request, asker, reply) => {
    if (!tap.isOn) return respond(request, asker, reply);
    standIn ??= new TappedAsker(asker, notes);
    standIn.asker = asker;
    standIn.source = Sources.TABLE;
    standIn.request = request;
    standIn.started = performance.now();
    const length = respond(request, standIn, reply);
    const { transport, client } = asker;
    if (length > 0) notes.note(request, client, transport, reply, length, standIn.source, standIn.started);
    return length;
  };
}
