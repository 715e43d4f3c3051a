// Whether a name lies in one of the zones that the options name.
import type { Options } from '../app/config.ts';
import type { ReversedLabels } from '../wire/name.ts';
import { isName, nameFromText, reversedLabels } from '../wire/name.ts';

/** Says of labels (root first) whether they lie at or below the apex of a zone. */
export function zoneTest({ zone }: Pick<Options, 'zone'>): (labels: ReversedLabels) => boolean {
  const apexes = zone.map(({ name }) => {
    const parsed = nameFromText(name);
    return isName(parsed) ? reversedLabels(parsed) : [];
  });
  return (labels) => apexes.some((apex) => apex.every((label, i) => labels[i] === label));
}

/** For messages: `skydns.local, 10.in-addr.arpa`. */
export function zoneNames({ zone }: Pick<Options, 'zone'>): string {
  return zone.map(({ name }) => name).join(', ');
}
