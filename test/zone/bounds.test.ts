// A name with very many services, or a web of aliases, costs a bounded amount: nodes looked at are counted, not time.
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Entry } from '../../src/service/entry.ts';
import { MAX_FOUND } from '../../src/zone/collect.ts';
import { Node } from '../../src/zone/node.ts';
import { MAX_VISITED } from '../../src/zone/scope.ts';
import { entry, Fixture } from '../support/zone-fixture.ts';

const MANY = 70_000;

vi.setConfig({ testTimeout: 120_000 });

function many(count: number, key: (i: number) => string, value: (i: number) => object): Entry[] {
  return Array.from({ length: count }, (_, i) => entry(`/skydns/org/example/${key(i)}`, value(i)));
}

const address = (i: number): string => `10.${i >>> 16}.${(i >>> 8) & 255}.${i & 255}`;

/** Nodes that a question looks at, and the records of its answer: at each of them it is seen whether more is below. */
function cost(fixture: Fixture, question: string): { nodes: number; records: number } {
  const looked = vi.spyOn(Node.prototype, 'hasChildren', 'get');
  const records = fixture.ask(question).length;
  return { nodes: looked.mock.calls.length, records };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('very many services', () => {
  const wide = new Fixture().list(
    many(
      MANY,
      (i) => `web/${i}`,
      (i) => ({ host: address(i), port: 80 }),
    ),
  );
  it('under one name: collecting stops at what a message can hold', () => {
    const { nodes, records } = cost(wide, 'web.example.org A');
    expect(records).toBe(MAX_FOUND);
    expect(nodes).toBeLessThanOrEqual(MAX_VISITED);
  });
  it('of another family: so many nodes are looked at and no more', () => {
    const { nodes, records } = cost(wide, 'web.example.org AAAA');
    expect(records).toBe(1);
    expect(nodes).toBeGreaterThan(MAX_VISITED / 2);
    expect(nodes).toBeLessThanOrEqual(MAX_VISITED);
  });
  it('asked for with wildcard labels', () => {
    const { nodes, records } = cost(wide, '*.*.example.org A');
    expect(records).toBe(MAX_FOUND);
    expect(nodes).toBeLessThanOrEqual(MAX_VISITED);
  });
  it('as SRV, each with its address', () => {
    const { records } = cost(wide, 'web.example.org SRV');
    expect(records).toBe(2 * MAX_FOUND);
  });
  it('stripped to one owner: asked for and taken out', () => {
    const fixture = new Fixture([{ name: 'example.org', match: 'exact' }]);
    fixture.list(
      many(
        MANY,
        (i) => `web/${i}`,
        (i) => ({ host: address(i), targetstrip: 1 }),
      ),
    );
    expect(cost(fixture, 'web.example.org A').records).toBe(MAX_FOUND);
    expect(fixture.ask('web.example.org CNAME')).toEqual(['NODATA']);
    fixture.list([]);
    expect(fixture.ask('web.example.org A')).toEqual(['NXDOMAIN']);
    expect(fixture.contents.tree.exact(['org', 'example'])?.hasChildren).toBe(false);
  });
});

describe('webs of aliases', () => {
  it('a name with very many aliases into one large subtree looks at it once a family', () => {
    const fixture = new Fixture().list([
      ...many(
        20_000,
        (i) => `big/${i}`,
        (i) => ({ host: address(i) }),
      ),
      ...many(
        500,
        (i) => `alias/${i}`,
        () => ({ host: 'big.example.org' }),
      ),
      ...many(
        500,
        (i) => `web/${i}`,
        (i) => ({ host: `${i}.alias.example.org`, port: i }),
      ),
    ]);
    const { nodes } = cost(fixture, 'web.example.org SRV');
    expect(nodes).toBeLessThan(2 * 20_000 + 5_000);
  });
  it('aliases that all know each other end, whichever is asked', () => {
    const size = 60;
    const fixture = new Fixture().list([
      ...many(
        size * size,
        (i) => `n${Math.floor(i / size)}/${i % size}`,
        (i) => ({ host: `n${i % size}.example.org` }),
      ),
      entry('/skydns/org/example/n7/address', { host: '10.0.0.1' }),
    ]);
    const { nodes, records } = cost(fixture, 'n3.example.org A');
    expect(nodes).toBeLessThan(2 * size * size);
    expect(records).toBeGreaterThan(1);
  });
  it('more owners than fit a message are not looked at', () => {
    const fixture = new Fixture().list([
      ...many(
        5_000,
        (i) => `web/${i}`,
        (i) => ({ host: `t${i}.example.org` }),
      ),
      ...many(
        5_000,
        (i) => `t${i}`,
        (i) => ({ host: address(i) }),
      ),
    ]);
    expect(cost(fixture, 'web.example.org A').nodes).toBeLessThan(5_001 + 1_024 + 10);
  });
});
