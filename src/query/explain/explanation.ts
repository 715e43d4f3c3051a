// What an explanation holds, as it is given out as JSON: fields are only ever added.

/** A record in presentation form. */
export interface ShownRecord {
  readonly name: string;
  /** Seconds. */
  readonly ttl: number;
  readonly type: string;
  readonly data: string;
}

/** What the client gets. */
export interface ShownAnswer {
  /** Null where that is not known before other servers are asked, and where there is no reply at all. */
  readonly rcode: string | null;
  /** False where other servers have to be asked first: what is shown then is what is known without them. */
  readonly known: boolean;
  /** Of `aa`, `tc`, `rd`, `ra`, `ad`, `cd`. */
  readonly flags: readonly string[];
  /** The extended DNS error (RFC 8914). */
  readonly error: { readonly code: number; readonly text: string } | null;
  /** Of the whole reply. */
  readonly bytes: number;
  readonly answers: readonly ShownRecord[];
  readonly authority: readonly ShownRecord[];
  readonly additional: readonly ShownRecord[];
}

/**
 * `table`: kept since it was asked before. `names`: the set of existing names does not have the name. `computed`: from the
 * zones. `cache`: from what other servers said before. `servers`: they have to be asked. `rule`: nothing is looked up.
 * `none`: there is no reply.
 */
export type AnswerSource = 'table' | 'names' | 'computed' | 'cache' | 'servers' | 'rule' | 'none';

/** A service that was looked at. */
export interface ShownService {
  readonly key: string;
  /** The name whose services were collected: the question's, or where a CNAME leads. */
  readonly for: string;
  readonly host: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
  readonly text: string;
  readonly group: string;
  /** Seconds that its records live, its lease and the default seen to. */
  readonly ttl: number;
  readonly revision: number;
  readonly lease: { readonly id: string; readonly ttl: number } | null;
  /** Since it was last written, in seconds; `atLeast` where that was before this server read the registry. */
  readonly age: { readonly seconds: number; readonly atLeast: boolean } | null;
  /** `quarantined`: its last good value stands in for one that cannot be used. `held`: its key is gone (expiry guard). */
  readonly state: 'good' | 'quarantined' | 'held';
  readonly used: boolean;
  /** Why it is not: it makes no such record, its group, or it belongs to another name. */
  readonly leftOut: 'type' | 'group' | 'owner' | null;
}

export interface ShownBad {
  readonly key: string;
  readonly revision: number;
  readonly problem: string;
  /** Revision of the last good value, which is served; null where there is none. */
  readonly servedRevision: number | null;
}

export interface ShownAlias {
  readonly name: string;
  readonly target: string;
  /** False where it leads to no records, back to itself, or too far: then it is left out. */
  readonly leads: boolean;
  /** The target lies outside the zones. */
  readonly outside: boolean;
}

/** Servers that are asked for a name, or would be. */
export interface ShownServers {
  /** `forward`, or the stub zone. */
  readonly group: string;
  readonly servers: readonly { readonly address: string; readonly state: string }[];
}

/** What the cache of other servers' answers has of one question. */
export interface ShownCached {
  readonly name: string;
  readonly type: string;
  readonly state: 'fresh' | 'expired';
  /** Null for a failure that is remembered. */
  readonly rcode: string | null;
  /** Seconds left, or past its end where it is expired. */
  readonly seconds: number;
}

export interface ShownReason {
  /** For programs: one of the codes in `reasons.ts`. */
  readonly code: string;
  /** For people, one sentence. */
  readonly text: string;
}

export interface Explanation {
  readonly question: {
    readonly name: string;
    readonly type: string;
    readonly client: string;
    readonly transport: 'udp' | 'tcp';
  };
  /** What the client gets, in a few words. */
  readonly summary: string;
  readonly answer: ShownAnswer;
  readonly source: AnswerSource;
  /** Why, in order. */
  readonly reasons: readonly ShownReason[];
  readonly registry: { readonly state: string; readonly revision: number; readonly since: string | null };
  readonly zone: {
    readonly name: string;
    readonly match: 'subtree' | 'exact';
    readonly apex: 'services' | 'subtree';
    readonly serial: number;
  } | null;
  /** At most 200; `counts` has all of them. */
  readonly services: readonly ShownService[];
  readonly counts: { readonly used: number; readonly leftOut: number; readonly bad: number };
  /** Records at the names that were looked at, or below, that cannot be used; at most 100. */
  readonly bad: readonly ShownBad[];
  readonly aliases: readonly ShownAlias[];
  readonly servers: readonly ShownServers[];
  readonly cache: readonly ShownCached[];
}
