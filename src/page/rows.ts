// Which rows there are: the tree as far as it is unfolded, or what a search finds. Pure.
import type { LiveService } from '../api/live-format.ts';
import type { Place, ServiceTree } from './tree.ts';
import { nameText } from './words.ts';

export interface Row {
  readonly place: Place;
  /** 1 for the outermost. */
  readonly level: number;
  /** Its place among its siblings, from 1 on, and how many they are. */
  readonly position: number;
  readonly siblings: number;
}

/** The rows of the tree as it is unfolded. */
export function unfoldedRows(tree: ServiceTree): Row[] {
  const rows: Row[] = [];
  addRows(rows, tree.tops, 1);
  return rows;
}

function addRows(rows: Row[], places: readonly Place[], level: number): void {
  const siblings = places.length;
  for (let i = 0; i < siblings; i++) {
    const place = places[i] as Place;
    rows.push({ place, level, position: i + 1, siblings });
    if (place.isOpen) addRows(rows, place.sorted, level + 1);
  }
}

/** The names whose own text, hosts or texts hold all words of a search, each with services. */
export function foundRows(tree: ServiceTree, search: string): Row[] {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const found: Place[] = [];
  for (const place of tree.places(tree.tops)) {
    const text = searched(place);
    if (words.every((word) => text.includes(word))) found.push(place);
  }
  return found.map((place, i) => ({ place, level: 1, position: i + 1, siblings: found.length }));
}

/** By what it was made from, since it is asked for at every stroke of a key. */
const texts = new WeakMap<readonly LiveService[], string>();

function searched({ path, services }: Place): string {
  const known = texts.get(services);
  if (known !== undefined) return known;
  const hosts = services.map(({ host = '', port, text = '' }) => `${host}${port ? `:${port}` : ''} ${text}`);
  const text = `${nameText(path)} ${hosts.join(' ')}`.toLowerCase();
  texts.set(services, text);
  return text;
}

/** Unfolds from the top down, as long as no more than about `most` rows are shown. */
export function unfoldSome(tree: ServiceTree, most: number): void {
  let shown = tree.tops.length;
  let level: readonly Place[] = tree.tops;
  while (level.length > 0) {
    const next: Place[] = [];
    for (const place of level) {
      if (shown + place.children.size > most) continue;
      shown += place.children.size;
      place.isOpen = place.children.size > 0;
      next.push(...place.sorted);
    }
    level = next;
  }
}

/** Folds or unfolds everything. */
export function foldAll(tree: ServiceTree, isOpen: boolean): void {
  const waiting = [...tree.tops];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    place.isOpen = isOpen && place.children.size > 0;
    for (const child of place.children.values()) waiting.push(child);
  }
}

/** The states of the services at a place and below it, the first `most` of them. */
export function pipsOf(place: Place, most: number): { services: LiveService; place: Place }[] {
  const pips: { services: LiveService; place: Place }[] = [];
  const waiting = [place];
  for (let at = waiting.pop(); at !== undefined && pips.length < most; at = waiting.pop()) {
    for (const services of at.services) pips.push({ services, place: at });
    for (let i = at.sorted.length - 1; i >= 0; i--) waiting.push(at.sorted[i] as Place);
  }
  return pips.slice(0, most);
}
