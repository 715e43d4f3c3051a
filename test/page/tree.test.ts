// The tree that the page keeps: names come, go, and come back; sums are right whatever happens.
import { describe, expect, it } from 'vitest';
import type { LiveService } from '../../src/api/live-format.ts';
import { foldAll, foundRows, pipsOf, unfoldedRows, unfoldSome } from '../../src/page/rows.ts';
import { GONE_MS, type Place, ServiceTree } from '../../src/page/tree.ts';

const WEB: LiveService = { host: '10.0.0.1', port: 80 };
const ZONE = 'local/skydns';

function made(...paths: string[]): ServiceTree {
  const tree = new ServiceTree();
  tree.begin([ZONE]);
  for (const path of paths) tree.set([`${ZONE}/${path}`, WEB], 0);
  tree.end(0);
  return tree;
}

function labels(tree: ServiceTree): string[] {
  return unfoldedRows(tree).map(({ place, level }) => `${' '.repeat(level - 1)}${place.label}`);
}

function sums(place: Place): [number, number] {
  return [place.living, place.leaving];
}

describe('a name', () => {
  it('that is gone stays for a while, marked, and takes the names that existed only for it along', () => {
    const tree = made('web/1', 'web/2', 'db/a/b');
    expect(tree.set([`${ZONE}/db/a/b`], 1000).move).toBe('went');
    expect(sums(tree.root)).toEqual([2, 1]);
    expect(tree.find(`${ZONE}/db/a/b`)?.goneAt).toBe(1000);
    expect(tree.sweep(1000 + GONE_MS - 1)).toBe(false);
    expect(tree.sweep(1000 + GONE_MS)).toBe(true);
    expect(sums(tree.root)).toEqual([2, 0]);
    foldAll(tree, true);
    expect(labels(tree)).toEqual(['skydns', ' web', '  1', '  2']);
  });

  it('that comes back while it is marked is itself again', () => {
    const tree = made('web/1');
    tree.set([`${ZONE}/web/1`], 1000);
    expect(tree.set([`${ZONE}/web/1`, WEB], 2000).move).toBe('came');
    expect(sums(tree.root)).toEqual([1, 0]);
    expect(tree.sweep(1000 + 2 * GONE_MS)).toBe(false);
    expect(tree.find(`${ZONE}/web/1`)).toBeDefined();
  });

  it('that is told again as it was has not moved', () => {
    const tree = made('web/1');
    expect(tree.set([`${ZONE}/web/1`, { ...WEB }], 1).move).toBe('same');
    expect(tree.set([`${ZONE}/web/1`, WEB, WEB], 1).move).toBe('changed');
    expect(sums(tree.root)).toEqual([2, 0]);
    expect(tree.set([`${ZONE}/nothing`], 1).move).toBe('same');
  });

  it('that a new list does not name is gone', () => {
    const tree = made('web/1', 'web/2');
    tree.begin([ZONE]);
    tree.set([`${ZONE}/web/2`, WEB], 5);
    tree.end(5);
    expect(sums(tree.root)).toEqual([1, 1]);
    expect(tree.find(`${ZONE}/web/1`)?.goneAt).toBe(5);
  });

  it('of a zone is there without any service', () => {
    const tree = made('web/1');
    tree.set([`${ZONE}/web/1`], 0);
    tree.sweep(GONE_MS);
    expect(labels(tree)).toEqual(['skydns']);
  });
});

describe('rows', () => {
  it('are those of what is unfolded, numbers in order', () => {
    const tree = made('web/10', 'web/9', 'db');
    expect(labels(tree)).toEqual(['skydns']);
    unfoldSome(tree, 4);
    expect(labels(tree)).toEqual(['skydns', ' db', ' web']);
    foldAll(tree, true);
    expect(labels(tree)).toEqual(['skydns', ' db', ' web', '  9', '  10']);
    expect(unfoldedRows(tree)[3]).toMatchObject({ level: 3, position: 1, siblings: 2 });
    foldAll(tree, false);
    expect(labels(tree)).toEqual(['skydns']);
  });

  it('of a search are names, hosts and texts that have all its words', () => {
    const tree = made('web/1', 'web/2', 'db');
    tree.set([`${ZONE}/note`, { text: 'The Web is here' }], 0);
    const found = (search: string) =>
      foundRows(tree, search).map(({ place }) => place.path.slice(ZONE.length + 1));
    expect(found('web')).toEqual(['note', 'web/1', 'web/2']);
    expect(found('2.WEB.sky')).toEqual(['web/2']);
    expect(found('10.0.0.1:80 db')).toEqual(['db']);
    expect(found('nowhere')).toEqual([]);
  });

  it('have a dot for each service below, up to as many as are wanted', () => {
    const tree = made('web/1', 'web/2', 'web/3');
    tree.set([`${ZONE}/web/2`], 0);
    expect(pipsOf(tree.root, 16).map(({ place }) => place.goneAt)).toEqual([undefined, 0, undefined]);
    expect(pipsOf(tree.root, 2)).toHaveLength(2);
  });

  it('of 50,000 names below one are made at once', () => {
    const tree = made(...Array.from({ length: 50_000 }, (_, i) => `web/${i}`));
    foldAll(tree, true);
    expect(unfoldedRows(tree)).toHaveLength(50_002);
    expect(tree.root.living).toBe(50_000);
  });

  it('show nested zones once, below the outermost', () => {
    const tree = new ServiceTree();
    tree.begin([ZONE, `${ZONE}/east`, 'arpa/in-addr/10']);
    tree.end(0);
    foldAll(tree, true);
    expect(labels(tree)).toEqual(['skydns', ' east', '10']);
  });
});
