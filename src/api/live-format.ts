// What /v1/live sends, as JSON: types alone, and none of others, since the page in the browser shares them.

/** One service that is served; what is absent is at its default. */
export interface LiveService {
  readonly host?: string;
  readonly port?: number;
  readonly priority?: number;
  readonly weight?: number;
  /** Its beginning, where it is long. */
  readonly text?: string;
  readonly mail?: true;
  readonly ttl?: number;
  readonly group?: string;
  /** The TTL that its lease was granted, in seconds. */
  readonly lease?: number;
  /** Its lease has run out: it is held for a while (README, "Many leases that run out at once"). */
  readonly held?: true;
}

/** A name, its labels root first with `/` between them and one character a byte, and its services: none, it is gone. */
export type LiveName = readonly [path: string, ...services: LiveService[]];

/** Event `begin`: pages of all that is served follow, then `end`. What no page named is not served. */
export interface LiveBegin {
  /** Paths, as in `LiveName`. */
  readonly zones: readonly string[];
  readonly services: number;
}

/** Events `page` and `change`. */
export type LiveNames = readonly LiveName[];

/** Event `end`. */
export interface LiveEnd {
  /** There are more names than are sent at first; those that change are sent all the same. */
  readonly cut: boolean;
}

/** Event `bad`: records that cannot be used, the first ones of very many. */
export interface LiveBad {
  readonly total: number;
  readonly records: readonly LiveBadRecord[];
}

export interface LiveBadRecord {
  readonly key: string;
  readonly revision: number;
  readonly problem: string;
  /** The revision that is served in its stead. */
  readonly kept?: number;
}

/** Event `status`, once a second. */
export interface LiveStatus {
  readonly version: string;
  /** Milliseconds since 1970, by the server's clock. */
  readonly now: number;
  readonly registry: string;
  readonly state: 'starting' | 'synced' | 'stale' | 'stopping';
  /** Cut off since, milliseconds since 1970. */
  readonly since?: number;
  readonly expired?: boolean;
  readonly cause?: string;
  readonly revision: number;
  readonly services: number;
  readonly upstream: readonly LiveUpstream[];
  /** The first names of those whose services are held, and how many names there are. */
  readonly held: readonly LiveHeld[];
  readonly heldNames: number;
  readonly counts?: LiveCounts;
}

/** Sums since the server started; the page takes differences. */
export interface LiveCounts {
  /** Replies by rcode. */
  readonly rcodes: Readonly<Record<string, number>>;
  /** Replies by the time they took: one for each bound and one for all above. */
  readonly latency: readonly number[];
  /** Upper bounds in seconds. */
  readonly bounds: readonly number[];
  /** Changes received from the registry. */
  readonly changes: number;
}

/** Servers that are asked about some names. */
export interface LiveUpstream {
  readonly name: string;
  readonly servers: readonly {
    readonly address: string;
    readonly state: 'up' | 'down' | 'loop';
    /** Milliseconds since 1970. */
    readonly since?: number;
    readonly roundTripMs?: number;
  }[];
}

/** A name whose services are held although their leases ran out. */
export interface LiveHeld {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly of: number;
  readonly held: number;
}
