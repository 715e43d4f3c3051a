// Asks the server why a name is answered as it is, and shows what it says.
import type { Explanation } from '../query/explain/explanation.ts';
import { byId, el, table } from './dom.ts';
import { explained } from './explained.ts';
import { detailOf } from './feed.ts';
import { addressText, traitTexts } from './service-words.ts';
import type { Place } from './tree.ts';
import { nameText, visible } from './words.ts';

const TYPES = ['A', 'AAAA', 'SRV', 'TXT', 'CNAME', 'MX', 'NS', 'PTR', 'SOA', 'ANY'];

export function startExplain(): { choose: (place: Place) => void } {
  const [form, name] = [byId<HTMLFormElement>('ask'), byId<HTMLInputElement>('name')];
  const type = byId<HTMLSelectElement>('type');
  type.append(...TYPES.map((text) => el('option', {}, text)));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void ask(name.value.trim(), type.value);
  });
  return {
    choose: (place) => {
      name.value = nameText(place.path);
      showChosen(place);
      byId('answer').replaceChildren();
    },
  };
}

function showChosen(place: Place): void {
  const rows = place.services.map((service) => [
    el('code', {}, addressText(service)),
    traitTexts(service).join(', ') || 'all at their defaults',
  ]);
  byId('chosen').replaceChildren(
    el('h3', {}, nameText(place.path)),
    ...(rows.length === 0 ? [] : [table(['Service', 'Fields'], rows)]),
    el('p', { class: 'quiet' }, `${place.living} in all at this name and below it.`),
  );
}

let asked = 0;

async function ask(name: string, type: string): Promise<void> {
  const number = ++asked;
  const box = byId('answer');
  box.replaceChildren(el('p', { class: 'quiet' }, 'asking …'));
  const shown = await answerTo(name, type);
  // Another question may have come meanwhile.
  if (number === asked) box.replaceChildren(...shown);
}

async function answerTo(name: string, type: string): Promise<HTMLElement[]> {
  try {
    const response = await fetch(`v1/explain?${new URLSearchParams({ name, type })}`);
    // What is too long is refused without a word.
    const body: unknown = response.ok ? await response.json() : await response.json().catch(() => undefined);
    return response.ok
      ? explained(body as Explanation)
      : [failed(detailOf(body) ?? `the server does not explain this: HTTP status ${response.status}`)];
  } catch (error) {
    return [failed(`no answer from the server: ${String(error)}`)];
  }
}

function failed(text: string): HTMLElement {
  return el('p', { class: 'failed' }, visible(text));
}
