// The rows of the tree on the page: only those in sight are there, however many there are. Keys as in the ARIA tree pattern.
import { el, setAll } from './dom.ts';
import type { Row } from './rows.ts';

/** As the style sheet has it. */
const ROW_PX = 34;
/** Rows above and below those in sight. */
const MARGIN = 8;

export interface ListParts {
  /** Fills a row's element; called again when something may have changed. */
  readonly draw: (element: HTMLElement, row: Row) => void;
  readonly unfold: (row: Row, isOpen: boolean) => void;
  readonly choose: (row: Row) => void;
}

export class List {
  readonly #box: HTMLElement;
  readonly #parts: ListParts;
  readonly #inner = el('div', { class: 'rows', role: 'presentation' });
  readonly #drawn = new Map<string, HTMLElement>();
  #rows: readonly Row[] = [];
  /** The path of the row that keys are about, and where it was. */
  #active: string | undefined;
  #activeAt = 0;
  #frame: number | undefined;
  #nextId = 0;

  constructor(box: HTMLElement, parts: ListParts) {
    this.#box = box;
    this.#parts = parts;
    box.append(this.#inner);
    box.addEventListener('scroll', () => this.redraw(), { passive: true });
    // Somebody comes by keys: there is a row to begin with.
    box.addEventListener('focus', () => {
      if (this.#active === undefined) this.#activate(0);
      this.redraw();
    });
    box.addEventListener('keydown', (event) => this.#onKey(event));
    box.addEventListener('click', (event) => this.#onClick(event));
    new ResizeObserver(() => this.redraw()).observe(box);
  }

  show(rows: readonly Row[]): void {
    this.#rows = rows;
    // At once: a key may want to scroll there before the next frame.
    this.#inner.style.height = `${rows.length * ROW_PX}px`;
    if (this.#active !== undefined) {
      const at = rows.findIndex(({ place }) => place.path === this.#active);
      // Where it is gone, the one that took its place.
      this.#activate(at < 0 ? Math.min(this.#activeAt, rows.length - 1) : at);
    }
    this.redraw();
  }

  #activate(index: number): void {
    this.#active = this.#rows[index]?.place.path;
    this.#activeAt = Math.max(0, index);
  }

  /** Draws what is in sight, with the next frame. */
  redraw(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#draw();
    });
  }

  /** Back to the first row. */
  toTop(): void {
    this.#box.scrollTop = 0;
    this.#active = undefined;
    this.#activeAt = 0;
    this.redraw();
  }

  #draw(): void {
    const { scrollTop, clientHeight } = this.#box;
    const first = Math.max(0, Math.floor(scrollTop / ROW_PX) - MARGIN);
    const last = Math.min(this.#rows.length, Math.ceil((scrollTop + clientHeight) / ROW_PX) + MARGIN);
    const inSight = new Set<string>();
    for (let i = first; i < last; i++) {
      const row = this.#rows[i] as Row;
      inSight.add(row.place.path);
      this.#place(row, i);
    }
    for (const [path, element] of this.#drawn) {
      if (inSight.has(path)) continue;
      element.remove();
      this.#drawn.delete(path);
    }
    const active = this.#active === undefined ? undefined : this.#drawn.get(this.#active);
    setAll(this.#box, { 'aria-activedescendant': active?.id });
  }

  #place(row: Row, index: number): void {
    const { place, level, position, siblings } = row;
    let element = this.#drawn.get(place.path);
    if (element === undefined) {
      element = el('div', { role: 'treeitem', class: 'row', id: `row-${this.#nextId++}` });
      this.#drawn.set(place.path, element);
      this.#inner.append(element);
    }
    element.dataset.index = String(index);
    element.style.transform = `translateY(${index * ROW_PX}px)`;
    element.style.setProperty('--level', String(level));
    setAll(element, {
      'aria-level': level,
      'aria-posinset': position,
      'aria-setsize': siblings,
      'aria-selected': String(place.path === this.#active),
    });
    this.#parts.draw(element, row);
  }

  #onClick({ target }: MouseEvent): void {
    if (!(target instanceof Element)) return;
    const element = target.closest<HTMLElement>('.row');
    const index = Number(element?.dataset.index ?? -1);
    const row = this.#rows[index];
    if (row === undefined) return;
    this.#activate(index);
    const isFolder = row.place.children.size > 0;
    if (isFolder && (target.closest('.twist') !== null || row.place.services.length === 0))
      this.#parts.unfold(row, !row.place.isOpen);
    this.#parts.choose(row);
    this.redraw();
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.#rows.findIndex(({ place }) => place.path === this.#active);
    const row = this.#rows[at];
    const page = Math.max(1, Math.floor(this.#box.clientHeight / ROW_PX) - 1);
    const moves: Readonly<Record<string, () => void>> = {
      ArrowDown: () => this.#go(at + 1),
      ArrowUp: () => this.#go(at - 1),
      PageDown: () => this.#go(at + page),
      PageUp: () => this.#go(at - page),
      Home: () => this.#go(0),
      End: () => this.#go(this.#rows.length - 1),
      ArrowRight: () => this.#inwards(at, row),
      ArrowLeft: () => this.#outwards(at, row),
      Enter: () => row !== undefined && this.#parts.choose(row),
      ' ': () => row !== undefined && this.#parts.choose(row),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
    this.redraw();
  }

  #inwards(at: number, row: Row | undefined): void {
    if (row === undefined || row.place.children.size === 0) return;
    if (row.place.isOpen) this.#go(at + 1);
    else this.#parts.unfold(row, true);
  }

  #outwards(at: number, row: Row | undefined): void {
    if (row === undefined) return;
    if (row.place.isOpen) this.#parts.unfold(row, false);
    else this.#go(this.#rows.findLastIndex(({ level }, i) => i < at && level < row.level));
  }

  #go(to: number): void {
    const index = Math.min(Math.max(0, to), this.#rows.length - 1);
    if (this.#rows[index] === undefined) return;
    this.#activate(index);
    const { scrollTop, clientHeight } = this.#box;
    if (index * ROW_PX < scrollTop) this.#box.scrollTop = index * ROW_PX;
    else if ((index + 1) * ROW_PX > scrollTop + clientHeight)
      this.#box.scrollTop = (index + 1) * ROW_PX - clientHeight;
    // There at once, for what is active must be there.
    this.#draw();
  }
}
