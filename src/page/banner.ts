// The banner over everything: what must not be missed.
import type { Alarm } from './alarm.ts';
import { el } from './dom.ts';

/** Shows an alarm, or none. Words that only count on are not announced again. */
export class Banner {
  readonly #element: HTMLElement;
  #kind = '';
  #title = el('strong');
  #text = el('span');

  constructor(element: HTMLElement) {
    this.#element = element;
  }

  show(alarm: Alarm | undefined): void {
    const kind = alarm?.kind ?? '';
    document.documentElement.dataset.alarm = kind;
    document.title = alarm === undefined ? 'Fingerpost' : `⚠ ${alarm.title} – Fingerpost`;
    if (alarm !== undefined && kind === this.#kind) {
      this.#title.textContent = alarm.title;
      this.#text.textContent = alarm.text;
      return;
    }
    this.#kind = kind;
    this.#element.hidden = alarm === undefined;
    this.#element.dataset.kind = kind;
    if (alarm === undefined) {
      this.#element.replaceChildren();
      return;
    }
    this.#title = el('strong', {}, alarm.title);
    // The seconds run on: a screen reader says them once.
    this.#text = el('span', { 'aria-live': 'off' }, alarm.text);
    this.#element.replaceChildren(this.#title, this.#text);
  }
}
