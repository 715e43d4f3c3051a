// The panels beside the tree: figures, bad records, other servers, who came and who went.
import type { LiveBad, LiveStatus } from '../api/live-format.ts';
import { el, setText, table } from './dom.ts';
import { addressText } from './service-words.ts';
import type { Move, Place } from './tree.ts';
import { count, counted, duration, nameText, time, visible } from './words.ts';

/** Figures with a name each, which are set as they come. */
export class Tiles {
  readonly #values = new Map<string, HTMLElement>();

  constructor(list: HTMLElement, names: readonly string[]) {
    for (const name of names) {
      const value = el('dd', {}, '–');
      this.#values.set(name, value);
      list.append(el('div', { class: 'card tile' }, el('dt', {}, name), value));
    }
  }

  set(name: string, text: string, kind = ''): void {
    const value = this.#values.get(name);
    if (value === undefined) return;
    setText(value, text);
    value.dataset.kind = kind;
  }
}

export function showBad(box: HTMLElement, { total, records }: LiveBad): void {
  if (total === 0) {
    box.replaceChildren(el('p', { class: 'good' }, 'Every record can be used.'));
    return;
  }
  const items = records.map(({ key, revision, problem, kept }) =>
    el(
      'li',
      {},
      el('code', {}, visible(key)),
      el('p', {}, visible(problem)),
      el(
        'p',
        { class: 'quiet' },
        kept === undefined
          ? `Revision ${revision}: left out, its siblings are served.`
          : `Revision ${revision}: the last good value, revision ${kept}, is served.`,
      ),
    ),
  );
  const more =
    total > records.length
      ? [el('p', { class: 'quiet' }, `… and ${count(total - records.length)} more`)]
      : [];
  box.replaceChildren(
    el('ul', { class: 'bad', tabindex: 0, 'aria-label': 'Bad records' }, ...items),
    ...more,
  );
}

const STATES: Readonly<Record<string, string>> = { up: '● up', down: '▼ down', loop: '↻ loop' };

export function showUpstream(box: HTMLElement, { upstream, now }: LiveStatus): void {
  const servers = upstream.flatMap(({ name, servers }) => servers.map((server) => ({ name, ...server })));
  if (servers.length === 0) {
    box.replaceChildren(el('p', { class: 'quiet' }, 'None are asked: names outside the zones are refused.'));
    return;
  }
  const rows = servers.map(({ name, address, state, since, roundTripMs }) => [
    el('code', {}, visible(address)),
    visible(name),
    el(
      'span',
      { class: `server ${state}` },
      `${STATES[state] ?? state}${since === undefined ? '' : ` for ${duration(now - since)}`}`,
    ),
    roundTripMs === undefined ? '–' : `${roundTripMs.toFixed(1)} ms`,
  ]);
  box.replaceChildren(table(['Server', 'For', 'State', 'Round trip'], rows));
}

const MOST_MOVES = 40;
const SIGNS: Readonly<Record<Move, string>> = { came: '+', went: '−', changed: '~', same: '' };

/** Who came, went and changed, the latest first. */
export class Moves {
  readonly #list: HTMLElement;

  constructor(list: HTMLElement) {
    this.#list = list;
    list.append(el('li', { class: 'quiet' }, 'Nothing since the page was opened.'));
  }

  add(moves: readonly { readonly place: Place; readonly move: Move }[]): void {
    if (moves.length === 0) return;
    this.#list.querySelector('.quiet')?.remove();
    const at = time(Date.now());
    const items = moves.slice(0, MOST_MOVES).map(({ place, move }) => {
      const where = place.services[0] === undefined ? '' : addressText(place.services[0]);
      return el(
        'li',
        { class: move },
        el('time', {}, at),
        el('span', { class: 'sign', role: 'img', 'aria-label': move }, SIGNS[move]),
        el('span', { class: 'what' }, nameText(place.path)),
        el('span', { class: 'quiet' }, where),
      );
    });
    const more = moves.length - items.length;
    if (more > 0) items.push(el('li', { class: 'quiet' }, `… and ${counted(more, 'other name')}`));
    this.#list.prepend(...items);
    while (this.#list.children.length > MOST_MOVES) this.#list.lastChild?.remove();
  }
}
