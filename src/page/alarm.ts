// What must not be missed: that what the server says may be old, or that the page itself hears nothing any more. Pure.
import type { LiveStatus } from '../api/live-format.ts';
import { counted, duration, time, visible } from './words.ts';

export interface Alarm {
  readonly kind: 'lost' | 'expired' | 'stale' | 'starting' | 'stopping' | 'held';
  readonly title: string;
  readonly text: string;
}

/** That the page hears nothing: since when it has not, where it ever did, and what the server says to that. */
export interface Lost {
  readonly since: number | undefined;
  readonly why: string | undefined;
}

/** So much of a cause is told: the banner must leave room for what it is about. */
const MOST_CAUSE = 120;

function shortened(text: string): string {
  return text.length > MOST_CAUSE ? `${text.slice(0, MOST_CAUSE)}…` : text;
}

/** The gravest thing that there is to say; undefined where all is well. */
export function alarmOf(status: LiveStatus | undefined, lost: Lost | undefined): Alarm | undefined {
  if (lost !== undefined) return alone(lost);
  if (status === undefined) return undefined;
  const { state, since, cause, now, expired, heldNames, held } = status;
  const known = since === undefined ? '' : `Nothing has been heard for ${duration(now - since)}. `;
  const why = cause === undefined ? '' : ` Cause: ${visible(shortened(cause))}`;
  if (expired === true)
    return {
      kind: 'expired',
      title: 'Too old to be told',
      text: `${known}Names in the zones are answered SERVFAIL.${why}`,
    };
  if (state === 'stale')
    return {
      kind: 'stale',
      title: 'Stale: cut off from the registry',
      text: `${known}Answers are what was known at ${time(since ?? now, now)}.${why}`,
    };
  if (state === 'starting')
    return { kind: 'starting', title: 'Starting', text: `The registry has not been read yet.${why}` };
  if (state === 'stopping')
    return { kind: 'stopping', title: 'Stopping', text: 'The server was told to stop.' };
  if (heldNames > 0) {
    const names = held.map(({ name, held: some, of }) => `${visible(name)} (${some} of ${of})`).join(', ');
    return {
      kind: 'held',
      title: `Services of ${counted(heldNames, 'name')} are held`,
      text: `Most of their leases ran out at once: ${names}.`,
    };
  }
  return undefined;
}

function alone({ since, why }: Lost): Alarm {
  const known = since === undefined ? '' : `What is shown is as of ${time(since)}. `;
  const said = why === undefined ? '' : ` It says: ${visible(why)}.`;
  return {
    kind: 'lost',
    title: 'This page has lost the server',
    text: `${known}It is tried again and again.${said}`,
  };
}
