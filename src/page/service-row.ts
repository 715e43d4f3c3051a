// One row of the tree: its label, a dot for each service below it, and where they are.
import { el, setAll } from './dom.ts';
import { pipsOf, type Row } from './rows.ts';
import { addressText, stateOf, traitTexts } from './service-words.ts';
import { FRESH_MS, type Place } from './tree.ts';
import { count, counted, labelText, nameText } from './words.ts';

/** More services than these are told as a number. */
const MOST_PIPS = 16;

/** Draws a row anew, where what it says has changed. */
export function drawRow(element: HTMLElement, row: Row, isSearch: boolean): void {
  const { place } = row;
  const now = Date.now();
  const isFolder = place.children.size > 0 && !isSearch;
  setAll(element, { 'aria-expanded': isFolder ? String(place.isOpen) : undefined });
  const look = place.living === 0 && place.leaving > 0 ? 'gone' : stateOf(place, now, FRESH_MS);
  const pips = place.children.size === 0 ? [] : pipsOf(place, MOST_PIPS + 1);
  const states = pips.map(({ place: of }) => stateOf(of, now, FRESH_MS)).join();
  const shown = `${look} ${isFolder} ${isSearch} ${place.living} ${place.leaving} ${states} ${JSON.stringify(place.services)}`;
  if (element.dataset.shown === shown) return;
  element.dataset.shown = shown;
  element.dataset.state = look;
  element.replaceChildren(
    el('span', { class: 'twist', 'aria-hidden': 'true' }, isFolder ? '›' : ''),
    ...nameOf(row, isSearch),
    ...whereOf(place, look === 'gone'),
    ...(pips.length > 0 ? [pipsElement(place, pips)] : []),
  );
}

function nameOf({ place, level }: Row, isSearch: boolean): HTMLElement[] {
  if (isSearch) return [el('span', { class: 'label' }, nameText(place.path))];
  if (level === 1) return [el('span', { class: 'label zone' }, nameText(place.path))];
  return [el('span', { class: 'label' }, labelText(place.label))];
}

function whereOf(place: Place, isGone: boolean): HTMLElement[] {
  if (place.services.length === 0) return [];
  const where = place.services.map(addressText).join(', ');
  const badges = place.services.flatMap(traitTexts).slice(0, 4);
  return [
    el('span', { class: 'where' }, where),
    ...(isGone ? [el('span', { class: 'badge gone' }, 'gone')] : []),
    ...badges.map((text) => el('span', { class: text.startsWith('held') ? 'badge held' : 'badge' }, text)),
  ];
}

function pipsElement({ living, leaving }: Place, pips: ReturnType<typeof pipsOf>): HTMLElement {
  const text = `${counted(living, 'service')}${leaving > 0 ? `, ${count(leaving)} gone` : ''}`;
  const now = Date.now();
  const dots =
    pips.length > MOST_PIPS
      ? []
      : pips.map(({ place }) => el('i', { class: `pip ${stateOf(place, now, FRESH_MS)}` }));
  return el(
    'span',
    { class: 'pips' },
    el('span', { 'aria-hidden': 'true', class: 'dots' }, ...dots),
    el(
      'span',
      { class: 'sum' },
      count(living),
      el('span', { class: 'unseen' }, text.slice(count(living).length)),
    ),
  );
}
