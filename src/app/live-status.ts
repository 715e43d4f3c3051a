// How the server stands, for those that look on: what health, zones and counts say, in the words of the page.
import { fileURLToPath } from 'node:url';
import type { LiveStatus } from '../api/live-format.ts';
import { messageOf } from '../base/errors.ts';
import type { Health } from '../observe/http.ts';
import type { MetricsSnapshot } from '../observe/snapshot.ts';
import type { Contents } from '../zone/contents.ts';
import { VERSION } from './version.ts';

/** Where the page is built to, beside this. */
export const PAGE_FOLDER = fileURLToPath(new URL('../page/', import.meta.url));

/** So many of the names whose services are held are named. */
const MOST_HELD = 20;

export function liveStatus(
  health: Health,
  { services }: Contents,
  { rcodes, durations, counts }: MetricsSnapshot,
): LiveStatus {
  const { registry, state, since, expired, cause, revision, upstream = [], held = [] } = health;
  return {
    version: VERSION,
    now: Date.now(),
    registry,
    state,
    ...(since !== undefined && { since }),
    ...(expired === true && { expired }),
    ...(cause !== undefined && { cause: messageOf(cause) }),
    revision,
    services,
    upstream,
    held: held.slice(0, MOST_HELD),
    heldNames: held.length,
    counts: {
      rcodes,
      latency: durations.counts,
      bounds: durations.bounds,
      changes: counts.changes,
    },
  };
}
