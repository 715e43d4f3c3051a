// GET /v1/top: how much is asked, by whom, and for what. Names and clients are noted from then on, for some seconds.
import { z } from 'zod';
import type { Health } from '../observe/health.ts';
import type { MetricsSnapshot } from '../observe/snapshot.ts';
import type { Frequent, TopSnapshot } from '../tap/top.ts';
import { type Name, nameToText } from '../wire/name.ts';
import { json, type Operation, operation } from './operation.ts';
import { type TopReport, topSchema } from './top-schema.ts';

const DEFAULT_MOST = 50;
const MOST = 500;

export interface TopParts {
  readonly version: string;
  readonly health: () => Health;
  readonly snapshot: () => MetricsSnapshot;
  /** The names and clients of most questions, at most so many of each. */
  readonly look: (most: number) => TopSnapshot;
}

const query = z.strictObject({ most: z.coerce.number().int().min(1).max(MOST).optional() });

export function topOperation(parts: TopParts): Operation {
  return operation({
    method: 'get',
    path: '/v1/top',
    id: 'top',
    summary: 'how much is asked, by whom, and for what',
    query,
    answers: {
      200: { description: 'counts since the start, and rates of the last seconds', schema: topSchema },
    },
    run: (call) => json(report(parts, call.query.most ?? DEFAULT_MOST)),
  });
}

function nameOf(key: string): string {
  return nameToText(Buffer.from(key, 'latin1') as Uint8Array as Name);
}

function rounded({ rate, error }: Frequent, key: string): TopReport['names'][number] {
  const round = (value: number): number => Math.round(value * 1000) / 1000;
  return { key, rate: round(rate), error: round(error) };
}

function report({ version, health, snapshot, look }: TopParts, most: number): TopReport {
  const { registry: url, state, since, revision, held = [] } = health();
  const now = snapshot();
  const { counts, registry, received, answered, rcodes, types, durations } = now;
  const seen = look(most);
  return {
    version,
    at: now.at,
    registry: {
      url,
      state,
      since: since ?? null,
      lag: registry.lag ?? null,
      revision,
      services: counts.services,
      bad: counts.badRecords,
      held: held.reduce((sum, name) => sum + name.held, 0),
      changes: counts.changes,
    },
    received,
    answered,
    rcodes,
    types,
    durations: { bounds: [...durations.bounds], counts: [...durations.counts] },
    table: now.table,
    misses: now.misses,
    workers: now.workers,
    limited: now.limited,
    upstream: now.upstream.map(({ name, servers }) => ({ name, servers: [...servers] })),
    window: seen.window,
    share: seen.share,
    names: seen.names.map((one) => rounded(one, nameOf(one.key))),
    clients: seen.clients.map((one) => rounded(one, one.key)),
  };
}
