// What the server counts, each with the name and the words that Prometheus is told.
import type { Counters } from '../base/counters.ts';

export interface MetricRow {
  readonly kind: 'counter' | 'gauge';
  readonly name: string;
  readonly help: string;
  /** Rows of one name differ in this label. */
  readonly label?: readonly [name: string, value: string];
}

const counter = (name: string, help: string, label?: readonly [string, string]): MetricRow =>
  label === undefined ? { kind: 'counter', name, help } : { kind: 'counter', name, help, label };
const gauge = (name: string, help: string, label?: readonly [string, string]): MetricRow =>
  label === undefined ? { kind: 'gauge', name, help } : { kind: 'gauge', name, help, label };

const RECEIVED = 'Messages taken in, those that get no reply included.';
const ASKED = 'Queries sent to upstream servers.';
const STATE = '1 for the state that the registry is in, 0 for the others.';
const FAILURES = 'Questions that upstream servers gave no reply to.';

/** Every metric of the server's own. */
export const metricRows: { readonly [K in keyof Counters]: MetricRow } = {
  queriesUdp: counter('fingerpost_received_total', RECEIVED, ['proto', 'udp']),
  queriesTcp: counter('fingerpost_received_total', RECEIVED, ['proto', 'tcp']),
  dropped: counter(
    'fingerpost_dropped_total',
    'Messages that got no reply: too short, a reply themselves, or the send queue was full.',
  ),
  tableHits: counter(
    'fingerpost_table_hits_total',
    'Queries answered from the answer table, or without need of it.',
  ),
  tableMisses: counter(
    'fingerpost_table_misses_total',
    'Queries that the answer table had no answer to, so that the main thread computed it.',
  ),
  tableDrops: counter(
    'fingerpost_table_drops_total',
    'Answers dropped from the table because a record they were made from changed.',
  ),
  tableEvictions: counter('fingerpost_table_evictions_total', 'Answers moved out of the table to make room.'),
  answersCompiled: counter('fingerpost_answers_compiled_total', 'Answers computed from the zones.'),
  failures: counter(
    'fingerpost_failures_total',
    'Questions that ended in a defect of this program, answered SERVFAIL.',
  ),
  changes: counter('fingerpost_registry_changes_total', 'Changes received from the registry.'),
  relists: counter(
    'fingerpost_registry_relists_total',
    'Times the whole registry was listed, the first time included.',
  ),
  badRecords: gauge('fingerpost_bad_records', 'Records that cannot be used (fingerpost check lists them).'),
  quarantined: gauge(
    'fingerpost_quarantined_records',
    'Records that cannot be used and are served with their last good value.',
  ),
  held: gauge(
    'fingerpost_held_services',
    'Services that are served although their leases ran out, since most of a name did at once.',
  ),
  heldTotal: counter(
    'fingerpost_services_held_total',
    'Services that were held although their leases ran out.',
  ),
  expiryGuards: counter(
    'fingerpost_expiry_guards_total',
    'Times that most leased services of a name expired at once, and were held.',
  ),
  outsideKeys: gauge('fingerpost_outside_keys', 'Keys that lie in none of the zones.'),
  services: gauge('fingerpost_services', 'Services that are served.'),
  leased: gauge('fingerpost_leased_services', 'Services whose keys are bound to leases.'),
  revision: gauge('fingerpost_registry_revision', 'Registry revision that answers are up to date with.'),
  synced: gauge('fingerpost_registry_synced', '1 while changes are being received, 0 while not.'),
  stateStarting: gauge('fingerpost_registry_state', STATE, ['state', 'starting']),
  stateSynced: gauge('fingerpost_registry_state', STATE, ['state', 'synced']),
  stateStale: gauge('fingerpost_registry_state', STATE, ['state', 'stale']),
  staleSince: gauge(
    'fingerpost_registry_stale_since_seconds',
    'Since when changes may be missed, in seconds since 1970; 0 while they are received.',
  ),
  snapshotRevision: gauge('fingerpost_snapshot_revision', 'Registry revision of the snapshot on disk.'),
  snapshotBytes: gauge('fingerpost_snapshot_bytes', 'Size of the snapshot on disk.'),
  snapshotSince: gauge(
    'fingerpost_snapshot_time_seconds',
    'When the snapshot was last all that the registry held, in seconds since 1970.',
  ),
  snapshotFailures: counter(
    'fingerpost_snapshot_failures_total',
    'Attempts to write the snapshot that failed.',
  ),
  tcpConnections: gauge('fingerpost_tcp_connections', 'TCP connections that are open.'),
  tcpRefused: counter('fingerpost_tcp_refused_total', 'TCP connections refused because of a limit.'),
  upstreamQueriesUdp: counter('fingerpost_upstream_queries_total', ASKED, ['transport', 'udp']),
  upstreamQueriesTcp: counter('fingerpost_upstream_queries_total', ASKED, ['transport', 'tcp']),
  upstreamReplies: counter('fingerpost_upstream_replies_total', 'Replies from upstream servers.'),
  upstreamMismatches: counter(
    'fingerpost_upstream_mismatches_total',
    'Packets from upstream servers, or in their name, that answer nothing that was asked.',
  ),
  upstreamRetries: counter(
    'fingerpost_upstream_retries_total',
    'Queries sent to an upstream server once more, or to the next one.',
  ),
  upstreamMerged: counter(
    'fingerpost_upstream_merged_total',
    'Questions that waited for the reply to the same question, asked upstream before.',
  ),
  upstreamTimeouts: counter('fingerpost_upstream_failures_total', FAILURES, ['reason', 'timeout']),
  upstreamUnreachable: counter('fingerpost_upstream_failures_total', FAILURES, ['reason', 'unreachable']),
  upstreamOverloads: counter('fingerpost_upstream_failures_total', FAILURES, ['reason', 'overload']),
  upstreamLoops: counter('fingerpost_upstream_failures_total', FAILURES, ['reason', 'loop']),
  cacheHits: counter('fingerpost_cache_hits_total', 'Questions answered from the cache of upstream answers.'),
  cacheMisses: counter(
    'fingerpost_cache_misses_total',
    'Questions that the cache of upstream answers had no answer to.',
  ),
  cacheStale: counter(
    'fingerpost_cache_stale_total',
    "Questions answered from the cache past the answer's time, since upstream servers failed.",
  ),
  cachePrefetches: counter(
    'fingerpost_cache_prefetches_total',
    'Popular answers of upstream servers fetched anew before their time was over.',
  ),
  cacheEvictions: counter('fingerpost_cache_evictions_total', 'Upstream answers that made room for others.'),
  cacheAnswers: gauge('fingerpost_cache_answers', 'Upstream answers in the cache.'),
  cacheBytes: gauge('fingerpost_cache_bytes', 'Memory that they take, about.'),
  queryLogLines: counter('fingerpost_query_log_lines_total', 'Lines written to the query log.'),
  queryLogLost: counter(
    'fingerpost_query_log_lost_total',
    'Replies that should have been in the query log, which could not be written soon enough.',
  ),
  dnstapMessages: counter('fingerpost_dnstap_messages_total', 'Messages of dnstap sent to the reader.'),
  dnstapLost: counter(
    'fingerpost_dnstap_lost_total',
    'Messages of dnstap that nobody got: no reader, or one that is too slow.',
  ),
};
