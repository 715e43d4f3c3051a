// The tree of names that the page knows, kept as the events tell. What has gone stays for a while, marked. Pure.
import type { LiveName, LiveService } from '../api/live-format.ts';

/** How long a name that is gone is still shown, in milliseconds. */
export const GONE_MS = 8_000;
/** How long a change is shown as new. */
export const FRESH_MS = 3_000;

/** Longer lists are sorted byte by byte: quick enough for very many. */
const MOST_COLLATED = 2_000;
const collator = new Intl.Collator('en', { numeric: true });

export class Place {
  readonly path: string;
  readonly label: string;
  readonly parent: Place | undefined;
  readonly children = new Map<string, Place>();
  /** What it served last. */
  services: readonly LiveService[] = [];
  /** Since when it serves nothing any more, by the page's clock. */
  goneAt: number | undefined;
  /** When it came, or changed. */
  changedAt: number | undefined;
  /** Services that are served at it and below it. */
  living = 0;
  /** Services at it and below it that are gone and still shown. */
  leaving = 0;
  isOpen = false;
  /** The number of the last list that named it. */
  list = 0;
  #sorted: readonly Place[] | undefined;

  constructor(label: string, parent: Place | undefined) {
    this.label = label;
    this.parent = parent;
    this.path = parent === undefined || parent.path === '' ? label : `${parent.path}/${label}`;
  }

  get sorted(): readonly Place[] {
    this.#sorted ??= [...this.children.values()].sort(
      this.children.size <= MOST_COLLATED ? (a, b) => collator.compare(a.label, b.label) : byBytes,
    );
    return this.#sorted;
  }

  add(label: string): Place {
    const child = new Place(label, this);
    this.children.set(label, child);
    this.#sorted = undefined;
    return child;
  }

  remove(child: Place): void {
    this.children.delete(child.label);
    this.#sorted = undefined;
  }
}

function byBytes(a: Place, b: Place): number {
  if (a.label.length !== b.label.length && /^\d+$/.test(a.label) && /^\d+$/.test(b.label))
    return a.label.length - b.label.length;
  return a.label < b.label ? -1 : 1;
}

export type Move = 'came' | 'went' | 'changed' | 'same';

export class ServiceTree {
  readonly root = new Place('', undefined);
  /** The outermost zones: the tops of what is shown. */
  tops: readonly Place[] = [];
  #list = 0;
  readonly #zones = new Set<Place>();
  readonly #gone = new Set<Place>();

  /** All that is served follows. */
  begin(zones: readonly string[]): void {
    this.#list++;
    this.#zones.clear();
    for (const zone of zones) this.#zones.add(this.#ensure(zone));
    this.tops = [...this.#zones].filter((zone) => !zones.some((other) => isBelow(zone.path, other)));
  }

  /** A name as it is now. */
  set([path, ...services]: LiveName, now: number): { place: Place | undefined; move: Move } {
    const known = this.find(path);
    if (services.length === 0) {
      if (known === undefined || known.services.length === 0 || known.goneAt !== undefined)
        return { place: known, move: 'same' };
      this.#go(known, now);
      return { place: known, move: 'went' };
    }
    const place = known ?? this.#ensure(path);
    place.list = this.#list;
    const move = moveOf(place, services);
    if (move === 'same') return { place, move };
    this.#count(place, -1);
    place.services = services;
    place.goneAt = undefined;
    place.changedAt = now;
    this.#gone.delete(place);
    this.#count(place, 1);
    return { place, move };
  }

  /** All that is served was named: what was not is gone. */
  end(now: number): void {
    for (const place of this.places())
      if (place.list !== this.#list && place.goneAt === undefined && place.services.length > 0)
        this.#go(place, now);
  }

  /** Forgets what has been gone for long enough; true where there was any. */
  sweep(now: number): boolean {
    let isChanged = false;
    for (const place of this.#gone) {
      if ((place.goneAt ?? 0) > now - GONE_MS) continue;
      isChanged = true;
      this.#gone.delete(place);
      this.#count(place, -1);
      place.services = [];
      place.goneAt = undefined;
      this.#prune(place);
    }
    return isChanged;
  }

  find(path: string): Place | undefined {
    let place: Place | undefined = this.root;
    if (path === '') return place;
    for (const label of path.split('/')) place = place?.children.get(label);
    return place;
  }

  /** Every name that has or had services, in order. */
  *places(from: readonly Place[] = [this.root]): Generator<Place> {
    const waiting = [...from].reverse();
    for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
      if (place.services.length > 0) yield place;
      const children = place.sorted;
      for (let i = children.length - 1; i >= 0; i--) waiting.push(children[i] as Place);
    }
  }

  #go(place: Place, now: number): void {
    this.#count(place, -1);
    place.goneAt = now;
    this.#gone.add(place);
    this.#count(place, 1);
  }

  /** Adds what a name has to the sums of all above it, or takes it away. */
  #count(place: Place, sign: 1 | -1): void {
    const by = sign * place.services.length;
    if (by === 0) return;
    const what = place.goneAt === undefined ? 'living' : 'leaving';
    for (let at: Place | undefined = place; at !== undefined; at = at.parent) at[what] += by;
  }

  #ensure(path: string): Place {
    let place = this.root;
    if (path === '') return place;
    for (const label of path.split('/')) place = place.children.get(label) ?? place.add(label);
    return place;
  }

  #prune(from: Place): void {
    let place = from;
    while (place.parent !== undefined && place.children.size === 0 && place.services.length === 0) {
      if (this.#zones.has(place)) return;
      place.parent.remove(place);
      place = place.parent;
    }
  }
}

function moveOf(place: Place, services: readonly LiveService[]): Move {
  if (place.services.length === 0 || place.goneAt !== undefined) return 'came';
  return JSON.stringify(place.services) === JSON.stringify(services) ? 'same' : 'changed';
}

function isBelow(path: string, other: string): boolean {
  return path !== other && (other === '' || path.startsWith(`${other}/`));
}
