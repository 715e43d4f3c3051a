// What the guards of all threads have counted in shared memory, as metrics: read when somebody asks.
import { Count, sumOfCounts } from '../guard/counts.ts';
import { type Family, single } from './family.ts';

/** Name, help and field of each metric. */
const rows = [
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

export function guardFamilies(counts: () => SharedArrayBuffer | undefined): Family[] {
  return rows.map(([name, help, field]) =>
    single('counter', name, help, () => {
      const memory = counts();
      return memory === undefined ? 0 : sumOfCounts(memory, field);
    }),
  );
}
