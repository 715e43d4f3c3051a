// /v1/live: server-sent events for those that look on. While nobody looks, nothing is noted, rendered or timed.
import { z } from 'zod';
import type { Cancel, Clock } from '../base/clock.ts';
import { take } from '../base/take.ts';
import type { Bad } from '../zone/bad-records.ts';
import type { Contents } from '../zone/contents.ts';
import type { Node } from '../zone/node.ts';
import { Journal } from './journal.ts';
import type { LiveBad, LiveBadRecord, LiveBegin, LiveEnd, LiveNames, LiveStatus } from './live-format.ts';
import { type Beat, event, Looker, type LookerParts } from './looker.ts';
import { type Operation, operation } from './operation.ts';
import { problem } from './problem.ts';
import { nameNow, nodesServed } from './served-names.ts';

export interface LiveParts {
  readonly contents: Contents;
  /** The registry has been read whole. */
  readonly isListed: () => boolean;
  readonly status: () => LiveStatus;
  readonly clock: Clock;
}

const BEAT_MS = 1_000;
/** So many may look on at one time. */
export const MOST_LOOKERS = 256;
/** After so many beats without anybody nothing is noted any more. */
const PATIENCE = 60;
const NAMES_ON_PAGE = 256;
/** So many names are sent at first. */
const MOST_NAMES = 200_000;
const MOST_BAD = 100;

export class Live {
  readonly #parts: LiveParts;
  readonly #lookers = new Set<Looker>();
  /** What changes, while somebody looks. */
  #journal: Journal | undefined;
  #cancelBeat: Cancel | undefined;
  /** Beats since somebody looked. */
  #idle = 0;
  #bad = { text: '', bytes: event('bad', {}) };
  #lastTurn: Promise<void> = Promise.resolve();
  /** Of this beat, by what they were rendered for. */
  readonly #rendered = new Map<string, Uint8Array>();

  constructor(parts: LiveParts) {
    this.#parts = parts;
  }

  /** How many look on. */
  get lookers(): number {
    return this.#lookers.size;
  }

  /** What is served at a node changes. Sits on the way of every change. */
  touch(node: Node): void {
    this.#journal?.touch(node);
  }

  get operations(): Operation[] {
    return [
      operation({
        method: 'get',
        path: '/v1/live',
        id: 'lookOn',
        summary: 'what is served, in pages, and then what changes and how the server stands, once a second',
        query: z.strictObject({
          after: z.string().max(64).optional().meta({ description: 'instead of Last-Event-ID' }),
        }),
        headers: {
          'Last-Event-ID': 'id of the last event that was received: only what came after it is sent',
        },
        answers: {
          200: {
            description: 'server-sent events for the page at /: begin, page, end, change, bad and status',
            type: 'text/event-stream',
          },
        },
        problems: [503],
        run: ({ request, query, wire }) =>
          this.#open(request, query.after ?? '', () => wire?.outgoing.destroy()),
      }),
    ];
  }

  #open(request: Request, after: string, cut: () => void): Response {
    const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };
    // A HEAD comes here as well, and must not take a place that nobody gives back.
    if (request.method === 'HEAD') return new Response(null, { headers });
    if (this.#lookers.size >= MOST_LOOKERS) {
      const again = { 'retry-after': '10', connection: 'close' };
      throw problem(503, `${MOST_LOOKERS} look on already`, { headers: again });
    }
    const token = request.headers.get('last-event-id') ?? after;
    return new Response(this.#add(token, cut).stream, { headers });
  }

  #add(token: string, cut: () => void): Looker {
    this.#journal ??= new Journal();
    this.#idle = 0;
    const looker = new Looker(this.#seqOf(token), this.#lookerParts(this.#journal, cut));
    this.#lookers.add(looker);
    this.#cancelBeat ??= this.#parts.clock.after(BEAT_MS, () => this.#onBeat());
    looker.beat(this.#beat(this.#journal));
    return looker;
  }

  #seqOf(token: string): number | undefined {
    const [id, seq = ''] = token.split('.');
    return id === this.#journal?.id && /^\d{1,15}$/.test(seq) ? Number(seq) : undefined;
  }

  #lookerParts(journal: Journal, cut: () => void): LookerParts {
    return {
      turn: () => this.#turn(),
      begin: () => this.#begin(),
      pages: () => this.#pages(),
      changes: (seq, isWhole) => this.#changes(journal, seq, isWhole),
      token: (seq) => `${journal.id}.${seq}`,
      left: (looker) => this.#lookers.delete(looker),
      cut,
    };
  }

  #onBeat(): void {
    this.#cancelBeat = undefined;
    const journal = this.#journal;
    if (journal === undefined) return;
    if (this.#lookers.size > 0) this.#idle = 0;
    else if (++this.#idle > PATIENCE) {
      this.#journal = undefined;
      return;
    }
    this.#cancelBeat = this.#parts.clock.after(BEAT_MS, () => this.#onBeat());
    this.#rendered.clear();
    journal.seal();
    if (this.#lookers.size === 0) return;
    const beat = this.#beat(journal);
    for (const looker of this.#lookers) looker.beat(beat);
  }

  #beat(journal: Journal): Beat {
    const { isListed, status } = this.#parts;
    const seq = isListed() ? journal.seq : undefined;
    return { seq, status: event('status', status()), bad: this.#badRecords() };
  }

  #badRecords(): Uint8Array {
    const { bad } = this.#parts.contents;
    const shown: LiveBad = { total: bad.size, records: [...take(bad.values(), MOST_BAD)].map(badRecord) };
    const text = JSON.stringify(shown);
    if (text !== this.#bad.text) this.#bad = { text, bytes: event('bad', shown) };
    return this.#bad.bytes;
  }

  #begin(): LiveBegin {
    const { zones, services } = this.#parts.contents;
    return { zones: zones.all.map(({ labels }) => labels.join('/')), services };
  }

  *#pages(): Generator<Uint8Array, LiveEnd> {
    const { contents } = this.#parts;
    const nodes = nodesServed(contents.tree.root);
    for (let sent = 0; sent < MOST_NAMES; sent += NAMES_ON_PAGE) {
      const names: LiveNames = [...take(nodes, NAMES_ON_PAGE)].map((node) => nameNow(contents, node));
      if (names.length === 0) return { cut: false };
      yield event('page', names);
    }
    return { cut: nodes.next().done !== true };
  }

  /** All that look in the same way get the same bytes. */
  #changes(journal: Journal, seq: number, isWhole: boolean): Uint8Array | undefined | 'lost' {
    if (seq === journal.seq) return undefined;
    const as = `${seq} ${isWhole}`;
    const known = this.#rendered.get(as);
    if (known !== undefined) return known;
    const nodes = journal.since(seq);
    if (nodes === undefined) return 'lost';
    const names: LiveNames = nodes.map((node) => nameNow(this.#parts.contents, node));
    // Only who knows the whole can go on from there.
    const rendered = event('change', names, isWhole ? `${journal.id}.${journal.seq}` : undefined);
    this.#rendered.set(as, rendered);
    return rendered;
  }

  /** One page at a time, and a pause after each: questions come first, however many look. */
  #turn(): Promise<void> {
    this.#lastTurn = this.#lastTurn.then(() => new Promise((resolve) => setTimeout(resolve, 1)));
    return this.#lastTurn;
  }
}

function badRecord({ key, revision, problem, kept }: Bad): LiveBadRecord {
  return { key, revision, problem, ...(kept !== undefined && { kept }) };
}
