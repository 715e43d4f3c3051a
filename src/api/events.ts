// GET /v1/events: the registry's entries and then its changes, as server-sent events.
import { z } from 'zod';
import { messageOf } from '../base/errors.ts';
import {
  type EventMessage,
  type EventName,
  messageOfChange,
  messageOfEntry,
} from '../registry/http-messages.ts';
import type { Listed, RegistryState } from '../registry/registry.ts';
import type { Batch, Entry } from '../service/entry.ts';
import type { HubListener } from './event-hub.ts';
import { EventStream, eventText } from './event-stream.ts';
import { type ApiCall, type Operation, operation } from './operation.ts';
import { type ApiParts, registryOf } from './parts.ts';
import { problem } from './problem.ts';
import { wholeRevision } from './wait.ts';

/** So many streams may be open at one time. */
export const MOST_STREAMS = 256;
/** So many revisions may come while a list is read. */
const MOST_EARLY = 10_000;
/** An event of entries is sent when it has so many characters. */
const PAGE_CHARACTERS = 64 * 1024;

interface Position {
  readonly history: string | undefined;
  readonly revision: number;
}

/** Texts of batches, made once for all streams. */
type TextOf = (batch: Batch) => string;

export function eventOperations(parts: ApiParts): Operation[] {
  const feed = new Feed(parts);
  return [
    operation({
      method: 'get',
      path: '/v1/events',
      id: 'followEvents',
      summary:
        'the changes after a revision, or where that is unknown all entries and then the changes, as they come',
      query: z.strictObject({
        prefix: z
          .string()
          .optional()
          .meta({ description: 'the prefix that keys are expected to have; another one is refused' }),
        revision: wholeRevision
          .optional()
          .meta({ description: 'what is known already; without it a list comes first' }),
      }),
      headers: { 'Last-Event-ID': 'id of the last event that was received, instead of revision' },
      answers: {
        200: {
          description:
            'server-sent events: list, entries, listed, resumed, changes and state, their data as in the schemas',
          type: 'text/event-stream',
        },
      },
      problems: [503],
      run(call) {
        checkPrefix(parts, call.query.prefix);
        return feed.open(call, positionOf(call.request, call.query.revision));
      },
    }),
  ];
}

function checkPrefix(parts: ApiParts, expected: string | undefined): void {
  const { prefix } = registryOf(parts);
  if (expected !== undefined && expected !== prefix)
    throw problem(422, `the keys of this server begin with ${prefix}/, not with ${expected}/`);
}

function positionOf(request: Request, revision: number | undefined): Position | undefined {
  const [, history, last] = /^([0-9a-f]+)-(\d{1,16})$/.exec(request.headers.get('last-event-id') ?? '') ?? [];
  if (history !== undefined) return { history, revision: Number(last) };
  return revision === undefined ? undefined : { history: undefined, revision };
}

/** All streams of one server. */
class Feed {
  readonly #parts: ApiParts;
  #open = 0;
  /** One list at a time, for all that wait for one. */
  #listing: Promise<unknown> = Promise.resolve();
  #last: { readonly batch: Batch; readonly text: string } | undefined;

  constructor(parts: ApiParts) {
    this.#parts = parts;
  }

  async open({ request, wire }: ApiCall, from: Position | undefined): Promise<Response> {
    const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };
    // hono asks GET's handler for HEAD: nobody would ever read the stream.
    if (request.method === 'HEAD') return new Response(null, { headers });
    if (this.#open >= MOST_STREAMS)
      throw problem(503, `${MOST_STREAMS} streams are open already`, { headers: { 'retry-after': '5' } });
    const follower = new Follower(this.#parts, this.#textOf);
    this.#open += 1;
    follower.onEnd((isSlow) => {
      this.#open -= 1;
      if (isSlow) wire?.outgoing.destroy();
    });
    wire?.outgoing.once('close', () => follower.end());
    try {
      if (!follower.resume(from)) await this.#list(follower);
    } catch (thrown) {
      follower.end();
      throw thrown;
    }
    return new Response(follower.stream.body, { headers });
  }

  async #list(follower: Follower): Promise<void> {
    const turn = this.#listing.then(() => {
      if (!follower.stream.isOver) return registryOf(this.#parts).list();
      return undefined;
    });
    this.#listing = turn.catch(() => {});
    const listed = await turn;
    if (listed !== undefined) follower.list(listed);
  }

  readonly #textOf: TextOf = (batch) => {
    if (this.#last?.batch !== batch)
      this.#last = { batch, text: textOfBatch(batch, this.#parts.hub.history) };
    return this.#last.text;
  };
}

/** One stream, and where it is. */
class Follower implements HubListener {
  readonly stream: EventStream;
  readonly #parts: ApiParts;
  readonly #textOf: TextOf;
  #ended: (isSlow: boolean) => void = () => {};
  /** What was sent, or will be; undefined while a list is awaited. */
  #revision: number | undefined;
  /** What came meanwhile. */
  #early: Batch[] = [];

  constructor(parts: ApiParts, textOf: TextOf) {
    this.#parts = parts;
    this.#textOf = textOf;
    this.stream = new EventStream({
      clock: parts.clock,
      ended: (isSlow) => {
        parts.hub.remove(this);
        this.#ended(isSlow);
      },
    });
    parts.hub.add(this);
    this.state(parts.hub.standing);
  }

  onEnd(ended: (isSlow: boolean) => void): void {
    this.#ended = ended;
  }

  end(): void {
    this.stream.end();
  }

  /** Goes on where it was; false where what came since is not known. */
  resume(from: Position | undefined): boolean {
    const { hub } = this.#parts;
    if (from === undefined || (from.history ?? hub.history) !== hub.history) return false;
    const missed = hub.since(from.revision);
    if (missed === undefined) return false;
    this.#revision = from.revision;
    for (const batch of missed) this.batch(batch);
    this.stream.push(eventOf('resumed', { revision: this.#revision }));
    return true;
  }

  /** Begins with a whole list. */
  list(listed: Listed): void {
    const { history } = this.#parts.hub;
    this.#revision = listed.revision;
    this.stream.begin(textsOfList(listed, history));
    for (const batch of this.#early.splice(0)) this.batch(batch);
  }

  batch(batch: Batch): void {
    if (this.#revision === undefined) {
      this.#early.push(batch);
      if (this.#early.length > MOST_EARLY) this.end();
      return;
    }
    if (batch.revision <= this.#revision) return;
    this.#revision = batch.revision;
    this.stream.push(this.#textOf(batch));
  }

  state(state: RegistryState): void {
    const { kind } = state;
    const rest = kind === 'stale' ? { since: state.since, cause: messageOf(state.cause) } : {};
    this.stream.push(eventOf('state', { state: kind, ...rest }));
  }

  lost(): void {
    this.end();
  }
}

function eventOf<N extends EventName>(name: N, data: EventMessage<N>, id?: string): string {
  return eventText(name, data, id);
}

function textOfBatch({ revision, changes }: Batch, history: string): string {
  return eventOf('changes', { revision, changes: changes.map(messageOfChange) }, `${history}-${revision}`);
}

function* textsOfList({ revision, entries }: Listed, history: string): Generator<string> {
  yield eventOf('list', { revision });
  let page: Entry[] = [];
  let characters = 0;
  for (const entry of entries) {
    page.push(entry);
    characters += entry.key.length + entry.value.length;
    if (characters < PAGE_CHARACTERS) continue;
    yield eventOf('entries', { entries: page.map(messageOfEntry) });
    page = [];
    characters = 0;
  }
  if (page.length > 0) yield eventOf('entries', { entries: page.map(messageOfEntry) });
  yield eventOf('listed', { revision }, `${history}-${revision}`);
}
