// One row of the tree: its label, a dot for each service below it, and where they are.
import { el, setAll } from './dom.ts';
import { pipsOf, type Row } from './rows.ts';
import { addressText, stateOf, traitTexts } from './service-words.ts';
import { FRESH_MS, type Place } from './tree.ts';
import { count, counted, labelText, nameText } from './words.ts';

/** More services than these are shown as a bar: as many dots as there is room for. */
const MOST_PIPS = 32;
const MOST_PIPS_NARROW = 8;
const narrow = matchMedia('(max-width: 860px)');

function mostPips(): number {
  return narrow.matches ? MOST_PIPS_NARROW : MOST_PIPS;
}

/** Draws a row anew, where what it says has changed. */
export function drawRow(element: HTMLElement, row: Row, isSearch: boolean): void {
  const { place } = row;
  const now = Date.now();
  const isFolder = place.children.size > 0 && !isSearch;
  setAll(element, { 'aria-expanded': isFolder ? String(place.isOpen) : undefined });
  const look = place.living === 0 && place.leaving > 0 ? 'gone' : stateOf(place, now, FRESH_MS);
  const pips = place.children.size === 0 ? [] : pipsOf(place, mostPips() + 1);
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
  return el(
    'span',
    { class: 'pips' },
    living + leaving > mostPips() ? barElement(living / (living + leaving)) : dotsElement(pips),
    el('span', { class: 'sum', 'aria-hidden': 'true' }, count(living)),
    el('span', { class: 'unseen' }, text),
  );
}

function dotsElement(pips: ReturnType<typeof pipsOf>): HTMLElement {
  const now = Date.now();
  const dots = pips.map(({ place }) => el('i', { class: `pip ${stateOf(place, now, FRESH_MS)}` }));
  return el('span', { class: 'dots', 'aria-hidden': 'true' }, ...dots);
}

/** How many of those that are shown are still there. */
function barElement(share: number): HTMLElement {
  const living = el('i');
  living.style.width = `${share * 100}%`;
  return el('span', { class: 'bar', 'aria-hidden': 'true' }, living);
}
