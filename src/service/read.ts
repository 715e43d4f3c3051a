// One entry of a registry, read whole: whether it can be served, under which name, or why not.

import type { ReversedLabels } from '../wire/name.ts';
import type { Entry } from './entry.ts';
import { labelsOf } from './key.ts';
import { isProblem, type Problem } from './problem.ts';
import { parseService, type Service } from './record.ts';

export interface Usable {
  readonly labels: ReversedLabels;
  readonly service: Service;
}

/** The rule that `serve`, `put` and `check` share: what this refuses is never served. */
export function readEntry(prefix: string, entry: Pick<Entry, 'key' | 'value'>): Usable | Problem {
  const labels = labelsOf(prefix, entry.key);
  if (isProblem(labels)) return labels;
  const service = parseService(entry.value);
  return isProblem(service) ? service : { labels, service };
}
