// services(N): the services that a name returns, the group rule applied, at a bounded cost (design section 3).
import type { Node } from './node.ts';
import { MAX_VISITED, type Scope } from './scope.ts';
import { Stored, strippedDepth } from './stored.ts';
import type { ZoneWitness } from './witness.ts';
import type { Match } from './zones.ts';

/** The most services collected for one answer: more of even the smallest records would not fit 64 KiB. */
export const MAX_FOUND = 4096;

type Wanted = (stored: Stored) => boolean;

const everyOne: Wanted = () => true;

/**
 * The wanted services of a scope: at its nodes or below them, or (`exact`) owned by them. Shallow ones come first,
 * and the group rule does not depend on the order of keys.
 */
export function collect(scope: Scope, match: Match, wanted: Wanted, witness?: ZoneWitness): Stored[] {
  witness?.({ kind: 'collect', scope, match });
  const found = new Found(wanted, witness);
  if (match === 'exact') collectOwned(scope, found);
  else collectBelow(scope.roots, found);
  return found.services;
}

/** What was found so far. Levels are given to it from the shallowest on. */
class Found {
  readonly services: Stored[] = [];
  readonly #wanted: Wanted;
  readonly #witness: ZoneWitness | undefined;
  /** Whether a level had services: the first one that has decides which group stays. */
  #decided = false;
  #group: string | undefined;

  constructor(wanted: Wanted, witness: ZoneWitness | undefined) {
    this.#wanted = wanted;
    this.#witness = witness;
  }

  get isFull(): boolean {
    return this.services.length >= MAX_FOUND;
  }

  take(level: readonly Stored[]): void {
    if (level.length === 0) return;
    if (!this.#decided) this.#decide(level);
    for (const stored of level) {
      if (this.isFull) return;
      this.#see(stored);
    }
  }

  /**
   * The same for those services of nodes that are their own, without a list of all: there may be very many, and few are
   * wanted.
   */
  takeAt(nodes: readonly Node[], isOwn: Wanted): void {
    if (!this.#decided) this.#decideAt(nodes, isOwn);
    for (const { stored } of nodes) {
      if (stored === undefined) continue;
      if (this.isFull) return;
      if (!(stored instanceof Stored)) this.take(stored.filter(isOwn));
      else if (isOwn(stored)) this.#see(stored);
    }
  }

  #see(stored: Stored): void {
    if (!this.#wanted(stored)) this.#witness?.({ kind: 'left', stored, why: 'type' });
    else if (!this.#stays(stored.traits.group)) this.#witness?.({ kind: 'left', stored, why: 'group' });
    else {
      this.services.push(stored);
      this.#witness?.({ kind: 'taken', stored });
    }
  }

  #decide(level: readonly Stored[]): void {
    this.#decided = true;
    this.#group = onlyGroup(level);
  }

  /** Nearly always no service has a group, and that is found out without a list of them. */
  #decideAt(nodes: readonly Node[], isOwn: Wanted): void {
    let isEmpty = true;
    for (const { stored } of nodes) {
      if (stored === undefined || (stored instanceof Stored && !isOwn(stored))) continue;
      if (stored instanceof Stored && stored.traits.group === '') {
        isEmpty = false;
        continue;
      }
      const level = servicesOf(nodes).filter(isOwn);
      if (level.length > 0) this.#decide(level);
      return;
    }
    this.#decided = !isEmpty;
  }

  /** Of services that stand here, those that are not this owner's. */
  pass(nodes: readonly Node[], isOwn: Wanted): void {
    if (this.#witness === undefined) return;
    for (const stored of servicesOf(nodes))
      if (!isOwn(stored)) this.#witness({ kind: 'left', stored, why: 'owner' });
  }

  /** Nothing more is looked at. */
  stop(): void {
    this.#witness?.({ kind: 'bound' });
  }

  /** The shallowest services decide: where they name one group, deeper services of another are left out. */
  #stays(group: string): boolean {
    return this.#group === undefined || group === '' || group === this.#group;
  }
}

/** The one group that the services of a level name; undefined where they name none, or several. */
function onlyGroup(level: readonly Stored[]): string | undefined {
  let only: string | undefined;
  for (const { traits } of level) {
    if (traits.group === '' || traits.group === only) continue;
    if (only !== undefined) return undefined;
    only = traits.group;
  }
  return only;
}

/** The services of each level of the subtrees, from the roots down, until enough nodes were looked at. */
function collectBelow(roots: readonly Node[], found: Found): void {
  let visited = 0;
  let nodes = roots;
  while (nodes.length > 0 && visited < MAX_VISITED && !found.isFull) {
    visited += nodes.length;
    found.takeAt(nodes, everyOne);
    nodes = below(nodes, MAX_VISITED - visited);
  }
  if (visited >= MAX_VISITED || found.isFull) found.stop();
}

function servicesOf(nodes: readonly Node[]): readonly Stored[] {
  const [first] = nodes;
  if (nodes.length === 1 && first !== undefined) return first.services();
  const services: Stored[] = [];
  for (const node of nodes) for (const stored of node.services()) services.push(stored);
  return services;
}

function below(nodes: readonly Node[], limit: number): Node[] {
  const next: Node[] = [];
  for (const node of nodes) {
    if (!node.hasChildren) continue;
    for (const child of node.children()) {
      if (next.length >= limit) return next;
      next.push(child);
    }
  }
  return next;
}

/** The services that the roots own: their own that are not stripped away, and those stripped up to them, level by level. */
function collectOwned({ roots, depth }: Scope, found: Found): void {
  const isOwn: Wanted = ({ traits }) => strippedDepth(depth, traits.targetstrip) === depth;
  found.takeAt(roots, isOwn);
  found.pass(roots, isOwn);
  const byStrip = new Map<number, Stored[]>();
  for (const stored of strippedTo(roots)) {
    const strip = stored.traits.targetstrip;
    const level = byStrip.get(strip);
    if (level === undefined) byStrip.set(strip, [stored]);
    else level.push(stored);
  }
  for (const strip of [...byStrip.keys()].sort((a, b) => a - b)) found.take(byStrip.get(strip) ?? []);
}

function* strippedTo(roots: readonly Node[]): Iterable<Stored> {
  let visited = 0;
  for (const root of roots) {
    for (const stored of root.stripped ?? []) {
      if (++visited > MAX_VISITED) return;
      yield stored;
    }
  }
}
