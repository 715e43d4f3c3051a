// What is counted. The parts count through these; observe/ shows them as metrics.

/** A number that only grows. */
export interface Counter {
  inc(by?: number): void;
}

/** A number that goes up and down. */
export interface Gauge {
  set(value: number): void;
}

/** Everything that the server counts. Metric names and help texts: observe/metrics.ts. */
export interface Counters {
  readonly queriesUdp: Counter;
  readonly queriesTcp: Counter;
  /** Packets that got no reply: too short, a reply themselves, or the send queue was full. */
  readonly dropped: Counter;
  /** Queries answered on the main thread from the table, or without asking the zones. */
  readonly tableHits: Counter;
  readonly tableMisses: Counter;
  /** Answers dropped from the table because something that they read changed. */
  readonly tableDrops: Counter;
  /** Answers moved out of the table to make room. */
  readonly tableEvictions: Counter;
  readonly answersCompiled: Counter;
  /** Questions that ended in a defect of this program, answered SERVFAIL. */
  readonly failures: Counter;
  readonly changes: Counter;
  readonly badRecords: Gauge;
  /** Bad records whose last good value is served. */
  readonly quarantined: Gauge;
  /** Services that are held although their leases ran out: how many now, and in all. */
  readonly held: Gauge;
  readonly heldTotal: Counter;
  /** Times that most of a name's leased services expired at once. */
  readonly expiryGuards: Counter;
  readonly outsideKeys: Gauge;
  readonly services: Gauge;
  /** Of them, those whose keys hang on leases. */
  readonly leased: Gauge;
  readonly revision: Gauge;
  readonly synced: Gauge;
  /** 1 for the state that the registry is in, 0 for the others. */
  readonly stateStarting: Gauge;
  readonly stateSynced: Gauge;
  readonly stateStale: Gauge;
  /** Since when changes are missed, in seconds since 1970; 0 while none are. */
  readonly staleSince: Gauge;
  readonly relists: Counter;
  /** Of the snapshot on disk: its revision, its size, when it was last all there was, in seconds since 1970. */
  readonly snapshotRevision: Gauge;
  readonly snapshotBytes: Gauge;
  readonly snapshotSince: Gauge;
  /** Attempts to write it that failed. */
  readonly snapshotFailures: Counter;
  readonly tcpConnections: Gauge;
  readonly tcpRefused: Counter;
  /** Queries sent to other servers. */
  readonly upstreamQueriesUdp: Counter;
  readonly upstreamQueriesTcp: Counter;
  readonly upstreamReplies: Counter;
  /** Packets from other servers, or in their name, that answer nothing that was asked. */
  readonly upstreamMismatches: Counter;
  /** Queries sent again, or to the next server, because of what the one before said or did not say. */
  readonly upstreamRetries: Counter;
  /** Questions that were asked upstream already, and waited for the same reply. */
  readonly upstreamMerged: Counter;
  /** Questions that other servers gave no reply to, by reason. */
  readonly upstreamTimeouts: Counter;
  readonly upstreamUnreachable: Counter;
  readonly upstreamOverloads: Counter;
  readonly upstreamLoops: Counter;
  /** Questions answered from the cache of upstream answers, their time not over. */
  readonly cacheHits: Counter;
  readonly cacheMisses: Counter;
  /** Questions answered from it although the answer's time was over. */
  readonly cacheStale: Counter;
  /** Answers fetched anew before their time was over. */
  readonly cachePrefetches: Counter;
  /** Answers that made room for others. */
  readonly cacheEvictions: Counter;
  readonly cacheAnswers: Gauge;
  /** What they take, about. */
  readonly cacheBytes: Gauge;
  /** Lines of the query log that are in the file, and those that are in none. */
  readonly queryLogLines: Counter;
  readonly queryLogLost: Counter;
  /** Messages of dnstap that were sent, and those that nobody got. */
  readonly dnstapMessages: Counter;
  readonly dnstapLost: Counter;
}

const nothing = { inc: () => {}, set: () => {} };

/** Counters that count nothing, for tests and tools. */
export const noCounters: Counters = {
  queriesUdp: nothing,
  queriesTcp: nothing,
  dropped: nothing,
  tableHits: nothing,
  tableMisses: nothing,
  tableDrops: nothing,
  tableEvictions: nothing,
  answersCompiled: nothing,
  failures: nothing,
  changes: nothing,
  badRecords: nothing,
  quarantined: nothing,
  held: nothing,
  heldTotal: nothing,
  expiryGuards: nothing,
  outsideKeys: nothing,
  services: nothing,
  leased: nothing,
  revision: nothing,
  synced: nothing,
  stateStarting: nothing,
  stateSynced: nothing,
  stateStale: nothing,
  staleSince: nothing,
  relists: nothing,
  snapshotRevision: nothing,
  snapshotBytes: nothing,
  snapshotSince: nothing,
  snapshotFailures: nothing,
  tcpConnections: nothing,
  tcpRefused: nothing,
  upstreamQueriesUdp: nothing,
  upstreamQueriesTcp: nothing,
  upstreamReplies: nothing,
  upstreamMismatches: nothing,
  upstreamRetries: nothing,
  upstreamMerged: nothing,
  upstreamTimeouts: nothing,
  upstreamUnreachable: nothing,
  upstreamOverloads: nothing,
  upstreamLoops: nothing,
  cacheHits: nothing,
  cacheMisses: nothing,
  cacheStale: nothing,
  cachePrefetches: nothing,
  cacheEvictions: nothing,
  cacheAnswers: nothing,
  cacheBytes: nothing,
  queryLogLines: nothing,
  queryLogLost: nothing,
  dnstapMessages: nothing,
  dnstapLost: nothing,
};
