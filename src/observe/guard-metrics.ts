// What the guards of all threads have counted in shared memory, as metrics: read when somebody asks.
import { Counter, type Registry } from 'prom-client';
import { Count, sumOfCounts } from '../guard/counts.ts';

/** Name, help and field of each metric. */
export const guardMetricRows = [
  ['fingerpost_acl_denied_total', 'Questions answered REFUSED because of the access list.', Count.DENIED],
  [
    'fingerpost_acl_dropped_total',
    'Questions and connections left unanswered because of the access list.',
    Count.DROPPED,
  ],
  [
    'fingerpost_rate_limited_total',
    'Questions over UDP that were not answered because of the rate limit.',
    Count.LIMITED,
  ],
  [
    'fingerpost_rate_slipped_total',
    'Of those, how many got an empty reply with TC or with a cookie.',
    Count.SLIPPED,
  ],
  ['fingerpost_cookies_valid_total', 'Questions that came with a valid server cookie.', Count.KNOWN],
] as const;

export function showGuard(registry: Registry, counts: SharedArrayBuffer): void {
  for (const [name, help, field] of guardMetricRows) {
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(sumOfCounts(counts, field));
      },
    });
  }
}
