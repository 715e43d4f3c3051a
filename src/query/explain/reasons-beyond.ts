// Sentences about names outside the zones: who may ask, who is asked, what is known of their answers.
import { typeName } from '../../wire/codes.ts';
import type { ShownReason } from './explanation.ts';
import type { Notes } from './notes.ts';
import { because, few, plain, plainLabels, type Seen } from './seen.ts';
import { rcodeName } from './shown.ts';

export function beyondReasons({ notes, client, answer }: Seen): ShownReason[] {
  return [
    ...notes
      .all('nobody')
      .map(() => because('refused', 'Nobody is asked about it (no --forward, no stub zone): it is refused.')),
    ...notes
      .all('reverse')
      .map(() => because('reverse', 'It has no key here; other servers may know the address.')),
    ...groupReasons(notes),
    ...notes
      .all('not served')
      .map(() =>
        because(
          'not-served',
          `${client} is not in --forward-for, whose questions alone are passed on: it is refused.`,
        ),
      ),
    ...notes
      .all('special')
      .map(({ name, zone }) =>
        because(
          'special',
          `${plain(name)} never leaves: names in ${plain(zone)} are answered here (RFC 6303, RFC 6761).`,
        ),
      ),
    ...notes
      .all('short')
      .map(({ name, ndots }) =>
        because(
          'short',
          `${plain(name)} has fewer dots than --ndots ${ndots}: nobody is asked, it is NXDOMAIN.`,
        ),
      ),
    ...typedReasons(notes),
    ...cacheReasons(notes),
    ...askReasons(notes, answer.known),
  ];
}

function groupReasons(notes: Notes): ShownReason[] {
  return notes.all('group').map(({ group, zone }) => {
    const servers = few(group.members.map(({ server }) => server.text));
    return zone === undefined
      ? because('forward', `Names outside the zones are for the servers of --forward: ${servers}.`)
      : because('stub', `It lies in the stub zone ${plain(zone)}, which is for these servers: ${servers}.`);
  });
}

function typedReasons(notes: Notes): ShownReason[] {
  const step = notes.first('typed');
  if (step === undefined) return [];
  const names = few(step.candidates.map(plainLabels));
  return [
    because(
      'search',
      `It ends in the search domain, so it may have been meant as ${names}: the first that exists is the answer, behind a CNAME (--search).`,
    ),
  ];
}

function cacheReasons(notes: Notes): ShownReason[] {
  return notes.all('cache').map(({ name, type, entry }) => {
    const { outcome } = entry;
    const what = `${plain(name)} ${typeName(type)}`;
    if (outcome.kind !== 'answer')
      return because(
        'cache-failure',
        `That other servers failed at ${what} (${outcome.kind}) is remembered for a moment.`,
      );
    return because(
      'cache',
      `The cache has what other servers said of ${what}: ${rcodeName(outcome.reply.rcode)}.`,
    );
  });
}

function askReasons(notes: Notes, known: boolean): ShownReason[] {
  const asks = notes.all('ask');
  const reasons = asks.map(({ name, type, group, background }) => {
    const what = `${plain(name)} ${typeName(type)}`;
    return background
      ? because(
          'prefetch',
          `${what} would be fetched anew from ${group.name} meanwhile, since it is asked for often.`,
        )
      : because('ask', `${what} would be asked of ${group.name} now.`);
  });
  if (known) return reasons;
  return [...reasons, because('unknown', 'An explanation asks nobody, so what they say is left open.')];
}
