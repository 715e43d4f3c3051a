// One watch stream of etcd, from its creation to its end, cut into revisions.
import type { IDuplexStream, IEvent, IResponseHeader, IWatchRequest, IWatchResponse } from 'etcd3';
import { FingerpostError } from '../base/errors.ts';
import type { KeyRange } from './keys.ts';

/** All events of one revision. */
export interface RawRevision {
  readonly revision: number;
  readonly events: readonly IEvent[];
}

export interface WatchListener {
  /** Something came. */
  heard(header: IResponseHeader): void;
  /** The watch stands: every change from its first revision on will come. */
  created(header: IResponseHeader): void;
  revision(raw: RawRevision): void;
  /** Nothing happened up to `revision`. Until etcd 3.4.25 what answers `ask` may overtake events: it is `hearsay`. */
  progress(revision: number, isHearsay: boolean): void;
}

/** The changes that were asked for are gone from etcd: only a fresh list helps. */
export class Compacted extends FingerpostError {
  constructor(from: number, to: string) {
    super('registry', `etcd has compacted its history up to revision ${to}; ${from} was needed`);
  }
}

type Stream = IDuplexStream<IWatchRequest, IWatchResponse> & { pause(): unknown; resume(): unknown };

export class EtcdWatch {
  /** Settles, with the reason, when the stream is over. Never rejects. */
  readonly ended: Promise<unknown>;
  readonly #stream: Stream;
  readonly #listener: WatchListener;
  readonly #from: number;
  readonly #end: (reason: unknown) => void;
  #over = false;
  #fragments: IEvent[] = [];

  /** Watches `range` from revision `from` on, over a new stream. */
  constructor(
    stream: IDuplexStream<IWatchRequest, IWatchResponse>,
    range: KeyRange,
    from: number,
    listener: WatchListener,
  ) {
    this.#stream = stream as Stream;
    this.#from = from;
    this.#listener = listener;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.ended = promise;
    this.#end = resolve;
    stream.on('data', (response) => this.#receive(response));
    stream.on('error', (error) => this.stop(error));
    stream.on('end', () => this.stop(new Error('etcd ended the watch')));
    stream.write({
      create_request: {
        key: Buffer.from(range.start),
        range_end: Buffer.from(range.end),
        start_revision: from,
        progress_notify: true,
        fragment: false, // fragments would cut a revision in two
      },
    });
  }

  /** Nothing more is heard from it. */
  stop(reason: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#stream.cancel();
    this.#end(reason);
  }

  /** Asks etcd how far the watch is. */
  ask(): void {
    if (!this.#over) this.#stream.write({ progress_request: {} });
  }

  /** Holds etcd back while the receiver is behind. */
  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  #receive(response: IWatchResponse): void {
    if (this.#over) return;
    this.#listener.heard(response.header);
    if (response.canceled) this.stop(this.#reasonOf(response));
    else if (response.created) this.#listener.created(response.header);
    else if (response.events.length > 0) this.#events(response);
    // What is broadcast (watch id -1) may overtake events; a watch's own progress may not.
    else this.#listener.progress(Number(response.header.revision), response.watch_id === '-1');
  }

  #reasonOf({ compact_revision, cancel_reason }: IWatchResponse): Error {
    if (compact_revision !== '0') return new Compacted(this.#from, compact_revision);
    return new Error(`etcd cancelled the watch: ${cancel_reason || 'no reason given'}`);
  }

  #events({ events, fragment }: IWatchResponse): void {
    const all = this.#fragments.length === 0 ? events : this.#fragments.concat(events);
    this.#fragments = fragment ? all : [];
    if (fragment) return;
    for (let start = 0; start < all.length && !this.#over; ) {
      const revision = all[start]?.kv.mod_revision;
      let end = start + 1;
      while (end < all.length && all[end]?.kv.mod_revision === revision) end += 1;
      this.#listener.revision({ revision: Number(revision), events: all.slice(start, end) });
      start = end;
    }
  }
}
