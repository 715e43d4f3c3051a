// Why an answer is as it is, in sentences. Names in them are in presentation form, foreign text is quoted.
import { MAX_UDP_SIZE, typeName } from '../../wire/codes.ts';
import { EXPIRED, ZoneWords } from '../../wire/negative.ts';
import type { ShownReason } from './explanation.ts';
import { beyondReasons } from './reasons-beyond.ts';
import { serviceReasons } from './reasons-services.ts';
import { because, few, many, plain, type Seen, shownKey } from './seen.ts';

/** What the client gets, in a few words. */
export function summaryOf({ answer, source, notes, type }: Seen): string {
  const { rcode, answers, known, flags } = answer;
  if (source === 'none') return 'no reply at all';
  if (!known) {
    const groups = [...new Set(notes.all('ask').map(({ group }) => group.name))];
    return `${answers.length > 0 ? `${many(answers.length, 'record')}, and what` : 'what'} other servers say (${few(groups)}): they would be asked now`;
  }
  const cut = flags.includes('tc') ? ', truncated' : '';
  if (rcode !== 'NOERROR') return `${rcode}${cut}`;
  if (answers.length > 0 || cut !== '') return `NOERROR, ${many(answers.length, 'record')}${cut}`;
  return `NODATA: no ${typeName(type)} record`;
}

/** In the order in which the server comes to them. */
export function reasonsOf(seen: Seen): ShownReason[] {
  return [
    ...accessReasons(seen),
    ...placeReasons(seen),
    ...stalenessReasons(seen),
    ...serviceReasons(seen),
    ...badReasons(seen),
    ...beyondReasons(seen),
    ...sizeReasons(seen),
    ...sourceReasons(seen),
  ];
}

function accessReasons({ notes, source, answer, client, type }: Seen): ShownReason[] {
  if (source === 'none')
    return [because('acl-dropped', `The access list (--acl) drops whatever ${client} asks.`)];
  if (notes.has('not asked'))
    return [because('not-asked', `Questions of type ${typeName(type)} are not answered by this server.`)];
  if (!notes.has('zone') && answer.rcode === 'REFUSED')
    return [because('acl-denied', `The access list (--acl) denies ${client}: whatever it asks is refused.`)];
  return [];
}

/** Which zone, or none. */
function placeReasons({ notes, labels, contents }: Seen): ShownReason[] {
  const step = notes.first('zone');
  if (step === undefined) return [];
  const { zone } = step;
  if (zone !== undefined) {
    const place = because('zone', `The name lies in the zone ${plain(zone.name)}`.concat(matchOf(zone)));
    return notes.has('not ready')
      ? [
          place,
          because(
            'not-ready',
            'The registry has not been read yet: until then every name in the zones is SERVFAIL.',
          ),
        ]
      : [place];
  }
  const own = contents.zones.of(labels);
  if (own === undefined) return [because('outside', 'The name lies outside all zones of this server.')];
  return [
    because(
      'delegated',
      `The name lies in the zone ${plain(own.name)}, but in a stub zone within it, which other servers answer for.`,
    ),
  ];
}

function matchOf({ match }: { readonly match: string }): string {
  return match === 'exact' ? ' (match=exact: a name has its own services only).' : '.';
}

/** What stands between what is known and what is told. */
function stalenessReasons({ notes, contents }: Seen): ShownReason[] {
  if (!notes.has('resolved') || notes.has('reverse')) return [];
  const ttl = contents.zones.words[ZoneWords.STALE_TTL] as number;
  if (ttl === EXPIRED)
    return [
      because(
        'stale-expired',
        'The registry has been out of reach for longer than --stale-max: what was known is not told any more.',
      ),
    ];
  if (ttl === 0) return [];
  return [
    because(
      'stale',
      `The registry is out of reach: what was known last is told, with TTLs of at most ${ttl} s (--stale-ttl).`,
    ),
  ];
}

function badReasons({ bad }: Seen): ShownReason[] {
  const left = bad.filter(({ kept }) => kept === undefined);
  const kept = bad.filter((one) => one.kept !== undefined);
  return [
    ...listed(
      'bad',
      left,
      ({ key, problem }) => `The record at ${shownKey(key)} cannot be used and is left out: ${problem}.`,
    ),
    ...listed(
      'quarantined',
      kept,
      ({ key, problem, kept }) =>
        `The record at ${shownKey(key)} cannot be used (${problem}): its last good value, of revision ${kept}, is served.`,
    ),
  ];
}

/** A sentence for each of the first few, and one for the rest. */
function listed<T>(code: string, all: readonly T[], sentence: (one: T) => string): ShownReason[] {
  const shown = all.slice(0, 5).map((one) => because(code, sentence(one)));
  const more = all.length - shown.length;
  return more > 0
    ? [...shown, because(code, `So it is with ${more} more: fingerpost check lists them.`)]
    : shown;
}

function sizeReasons({ answer, notes }: Seen): ShownReason[] {
  const outcome = notes.first('resolved')?.outcome;
  if (!answer.known) return [];
  const count = (sets: readonly { readonly rdatas: readonly unknown[] }[]): number =>
    sets.reduce((sum, { rdatas }) => sum + rdatas.length, 0);
  if (answer.flags.includes('tc')) {
    const all = outcome?.kind === 'answer' ? ` of ${count(outcome.answers)}` : '';
    return [
      because(
        'truncated',
        `Only ${answer.answers.length}${all} records fit ${MAX_UDP_SIZE} bytes over UDP: the reply is marked TC, and the client asks again over TCP.`,
      ),
    ];
  }
  const left = outcome?.kind === 'answer' ? count(outcome.additional) - answer.additional.length : 0;
  if (left <= 0) return [];
  return [
    because(
      'additional-cut',
      `${many(left, 'address record')} of the additional section did not fit and are left out.`,
    ),
  ];
}

function sourceReasons({ source }: Seen): ShownReason[] {
  if (source === 'table')
    return [
      because(
        'table',
        'The answer stands in the table of answers: it is given out from there until something that it was made from changes.',
      ),
    ];
  if (source === 'names')
    return [because('names', 'It is told from the set of names that exist, without looking at the zones.')];
  if (source === 'computed')
    return [
      because(
        'computed',
        'The answer is not in the table of answers: it is computed from the zones when it is asked for.',
      ),
    ];
  return [];
}
