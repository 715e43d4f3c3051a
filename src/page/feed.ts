// The events of /v1/live: taken in, and asked for again for as long as the page is open.
import type { LiveBad, LiveBegin, LiveEnd, LiveNames, LiveStatus } from '../api/live-format.ts';

export interface Follower {
  begin(begin: LiveBegin): void;
  page(names: LiveNames): void;
  change(names: LiveNames): void;
  end(end: LiveEnd): void;
  status(status: LiveStatus): void;
  bad(bad: LiveBad): void;
  /** Events come. */
  connected(): void;
  /** None come any more; `why`: what the server says to it, where it is there. */
  lost(why: string | undefined): void;
}

const KINDS = ['begin', 'page', 'change', 'end', 'status', 'bad'] as const;
/** A status comes every second: without anything for so long the connection is dead, whatever the browser thinks. */
const SILENCE_MS = 10_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 10_000;

export class Feed {
  readonly #follower: Follower;
  #source: EventSource | undefined;
  /** What the server is told to go on from there. */
  #token = '';
  #wait = FIRST_WAIT_MS;
  #silence: number | undefined;

  constructor(follower: Follower) {
    this.#follower = follower;
    this.#open();
  }

  #open(): void {
    const source = new EventSource(`v1/live?after=${encodeURIComponent(this.#token)}`);
    this.#source = source;
    this.#listen();
    for (const kind of KINDS) source.addEventListener(kind, (event) => this.#take(kind, event));
    source.onerror = () => this.#lost();
  }

  #take(kind: (typeof KINDS)[number], { data, lastEventId }: MessageEvent<string>): void {
    this.#wait = FIRST_WAIT_MS;
    this.#listen();
    this.#follower.connected();
    // A list that was begun anew has to be heard to its end.
    this.#token = kind === 'begin' ? '' : lastEventId || this.#token;
    this.#follower[kind](JSON.parse(data));
  }

  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lost(), SILENCE_MS);
  }

  /** Browsers try again by themselves, but not after a refusal, and as often as they like: so it is done here. */
  #lost(): void {
    // Where the server is not there, browsers are about to try again at this moment.
    const isRefused = this.#source?.readyState === EventSource.CLOSED;
    this.#source?.close();
    this.#source = undefined;
    clearTimeout(this.#silence);
    this.#follower.lost(undefined);
    if (isRefused) void this.#askWhy();
    const wait = this.#wait * (0.5 + Math.random());
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
    setTimeout(() => this.#open(), wait);
  }

  /** An event source does not tell what a refusal says. */
  async #askWhy(): Promise<void> {
    const leaving = new AbortController();
    try {
      const response = await fetch('v1/live', { signal: leaving.signal });
      const body: unknown = response.ok ? undefined : await response.json();
      // It may be let in by now.
      if (this.#source === undefined) this.#follower.lost(detailOf(body));
    } catch {
      // It has gone meanwhile: then there is nothing to say.
    } finally {
      leaving.abort();
    }
  }
}

/** What a refusal says for itself (RFC 9457). */
export function detailOf(body: unknown): string | undefined {
  const detail = typeof body === 'object' && body !== null && 'detail' in body ? body.detail : undefined;
  return typeof detail === 'string' ? detail : undefined;
}
