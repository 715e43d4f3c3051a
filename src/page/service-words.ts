// A service in a few words. Pure.
import type { LiveService } from '../api/live-format.ts';
import type { Place } from './tree.ts';
import { visible } from './words.ts';

/** `10.0.0.1:80`, `[fd00::1]:80`, or the text where there is no host. */
export function addressText({ host, port, text }: LiveService): string {
  if (host === undefined) return text === undefined ? 'no host' : `“${visible(text)}”`;
  const shown = host.includes(':') && port !== undefined ? `[${host}]` : host;
  return port === undefined ? visible(shown) : `${visible(shown)}:${port}`;
}

/** What is not at its default, beside host and port. */
export function traitTexts({ priority, weight, ttl, group, lease, mail, held }: LiveService): string[] {
  return [
    ...(held === true ? ['held: its lease has run out'] : []),
    ...(lease === undefined ? [] : [`lease ${lease} s`]),
    ...(priority === undefined ? [] : [`priority ${priority}`]),
    ...(weight === undefined ? [] : [`weight ${weight}`]),
    ...(ttl === undefined ? [] : [`TTL ${ttl} s`]),
    ...(group === undefined ? [] : [`group ${visible(group)}`]),
    ...(mail === true ? ['mail'] : []),
  ];
}

export type PlaceState = 'live' | 'gone' | 'held' | 'fresh';

export function stateOf(place: Place, now: number, freshMs: number): PlaceState {
  if (place.goneAt !== undefined) return 'gone';
  if (place.services.some(({ held }) => held === true)) return 'held';
  return (place.changedAt ?? 0) > now - freshMs ? 'fresh' : 'live';
}
