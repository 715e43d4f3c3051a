// An explanation as elements: what the client gets, why, and the services, records and servers that have a part in it.
import type { Explanation, ShownRecord, ShownService } from '../query/explain/explanation.ts';
import { el, table } from './dom.ts';
import { addressText } from './service-words.ts';
import { count, counted, duration, visible } from './words.ts';

const SOURCES: Readonly<Record<Explanation['source'], string>> = {
  table: 'from the table of answers',
  names: 'from the set of names that exist',
  computed: 'computed from the zones',
  cache: 'from what other servers said before',
  servers: 'other servers have to be asked',
  rule: 'by a rule, nothing was looked up',
  none: 'no reply is sent',
};
const LEFT_OUT = { type: 'no such record', group: 'other group', owner: 'other name' } as const;

export function explained(explanation: Explanation): HTMLElement[] {
  const { question, summary, answer, reasons } = explanation;
  return [
    el('h3', {}, visible(`${question.name} ${question.type}`)),
    el('p', { class: 'summary', 'data-rcode': answer.rcode ?? '' }, visible(summary)),
    ...records(explanation),
    el('p', { class: 'quiet' }, facts(explanation)),
    ...titled('Why', [el('ul', {}, ...reasons.map(({ text }) => el('li', {}, visible(text))))]),
    ...services(explanation),
    ...rest(explanation),
  ];
}

function titled(title: string, elements: readonly HTMLElement[]): HTMLElement[] {
  return elements.length === 0 ? [] : [el('h4', {}, title), ...elements];
}

/** A box that may be wider or higher than its place, reached by keys. */
function scrolled(name: string, element: HTMLElement): HTMLElement {
  return el('div', { class: 'scrolled', tabindex: 0, role: 'group', 'aria-label': name }, element);
}

function facts({ answer, source, registry, zone }: Explanation): string {
  const { flags, error, bytes } = answer;
  return [
    SOURCES[source],
    ...(bytes > 0 ? [counted(bytes, 'byte')] : []),
    ...(flags.length > 0 ? [`flags ${flags.join(' ')}`] : []),
    ...(error === null ? [] : [`EDE ${error.code} (${visible(error.text)})`]),
    ...(zone === null ? ['in none of the zones'] : [`zone ${visible(zone.name)}, serial ${zone.serial}`]),
    `registry ${registry.state}, revision ${registry.revision}`,
  ].join(' · ');
}

function records({ answer }: Explanation): HTMLElement[] {
  const { answers, authority, additional } = answer;
  const lines = [
    ...answers.map((record) => lineOf(record)),
    ...additional.map((record) => `${lineOf(record)}  ; additional`),
    ...authority.map((record) => `${lineOf(record)}  ; authority`),
  ];
  return lines.length === 0 ? [] : [el('pre', { tabindex: 0, 'aria-label': 'Records' }, lines.join('\n'))];
}

function lineOf({ name, ttl, type, data }: ShownRecord): string {
  return visible(`${name} ${ttl} ${type} ${data}`);
}

function services({ services: all, counts }: Explanation): HTMLElement[] {
  if (all.length === 0) return [];
  const more = counts.used + counts.leftOut - all.length;
  const heads = ['Key', 'Service', 'TTL', 'Lease', 'Written', 'Revision'];
  return titled('Services', [
    scrolled('Services', table(heads, all.map(serviceCells))),
    ...(more > 0 ? [el('p', { class: 'quiet' }, `… and ${count(more)} more`)] : []),
  ]);
}

function serviceCells({ key, host, port, text, state, leftOut, ttl, lease, age, revision }: ShownService) {
  const notes = [
    ...(leftOut === null ? [] : [`left out: ${LEFT_OUT[leftOut]}`]),
    ...(state === 'good' ? [] : [state]),
  ];
  const fields = { ...(host !== '' && { host }), ...(port !== 0 && { port }), ...(text !== '' && { text }) };
  return [
    el('span', { class: leftOut === null ? 'entry' : 'entry out' }, visible(key), ...notes.map(badge)),
    addressText(fields),
    `${ttl} s`,
    lease === null ? '–' : `${lease.ttl} s`,
    age === null ? '–' : `${age.atLeast ? 'over ' : ''}${duration(age.seconds * 1000)} ago`,
    String(revision),
  ];
}

function badge(text: string): HTMLElement {
  return el('span', { class: 'badge' }, text);
}

function rest({ bad, aliases, servers, cache }: Explanation): HTMLElement[] {
  return [
    ...list(
      'Bad records',
      bad.map(({ key, revision, problem, servedRevision }) => {
        const served = servedRevision === null ? 'left out' : `revision ${servedRevision} is served`;
        return `${key} (revision ${revision}, ${served}): ${problem}`;
      }),
    ),
    ...list(
      'Aliases',
      aliases.map(({ name, target, leads, outside }) => {
        const where = leads ? (outside ? ', outside the zones' : '') : ', which leads nowhere';
        return `${name} → ${target}${where}`;
      }),
    ),
    ...list(
      'Cache of other servers',
      cache.map(
        ({ name, type, state, rcode, seconds }) =>
          `${name} ${type}: ${rcode ?? 'a failure'}, ${state === 'fresh' ? `${seconds} s left` : `over for ${seconds} s`}`,
      ),
    ),
    ...list(
      'Other servers',
      servers.map(
        ({ group, servers: some }) =>
          `${group}: ${some.map(({ address, state }) => `${address} ${state}`).join(', ')}`,
      ),
    ),
  ];
}

function list(title: string, lines: readonly string[]): HTMLElement[] {
  if (lines.length === 0) return [];
  return titled(title, [el('ul', {}, ...lines.map((line) => el('li', {}, visible(line))))]);
}
