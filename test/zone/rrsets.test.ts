// RRsets in the making, held against a plain list: the few that are compared and the many that are looked up.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Type } from '../../src/wire/codes.ts';
import type { Name } from '../../src/wire/name.ts';
import { type Rdata, typeOf } from '../../src/wire/rdata.ts';
import { type RRset, RRsets } from '../../src/zone/rrsets.ts';
import { holds } from '../support/property.ts';
import { name } from '../support/zone-fixture.ts';

const names = fc.constantFrom(...Array.from({ length: 3 }, (_, i) => name(`n${i}.example.org`)));
const small = fc.nat(2);
const rdata: fc.Arbitrary<Rdata> = fc.oneof(
  fc.nat(30).map((last): Rdata => ({ type: Type.A, address: Uint8Array.of(10, 0, 0, last) })),
  small.map((last): Rdata => ({ type: Type.AAAA, address: new Uint8Array(16).fill(last) })),
  fc
    .record({ type: fc.constant(Type.SRV), priority: small, weight: small, port: small, target: names })
    .map((srv): Rdata => srv),
  names.map((target): Rdata => ({ type: Type.CNAME, target })),
  small.map((last): Rdata => ({ type: Type.TXT, strings: [Uint8Array.of(last)] })),
  fc.record({ preference: small, exchange: names }).map((mx): Rdata => ({ type: Type.MX, ...mx })),
);
const added = fc.array(fc.record({ owner: names, ttl: fc.nat(100), rdata }), { maxLength: 120, size: 'max' });

interface Added {
  readonly owner: Name;
  readonly ttl: number;
  readonly rdata: Rdata;
}

function plainly(all: readonly Added[]): RRset[] {
  const sets = new Map<string, { set: RRset; texts: Set<string> }>();
  for (const { owner, ttl, rdata } of all) {
    const type = typeOf(rdata);
    const key = `${type} ${owner.join()}`;
    const known = sets.get(key) ?? { set: { owner, type, ttl, rdatas: [] }, texts: new Set() };
    sets.set(key, known);
    known.set.ttl = Math.min(known.set.ttl, ttl);
    const text = JSON.stringify(rdata);
    if (known.texts.has(text)) continue;
    known.texts.add(text);
    known.set.rdatas.push(rdata);
  }
  return [...sets.values()].map(({ set }) => set);
}

it('no record twice, sets and records in the order they came, the smallest TTL', () => {
  let most = 0;
  holds(
    fc.property(added, (all) => {
      const sets = new RRsets();
      for (const { owner, ttl, rdata } of all) sets.add(owner, ttl, rdata);
      const seen = sets.list().map(({ owner, type, ttl, rdatas }) => ({ owner, type, ttl, rdatas }));
      expect(seen).toEqual(plainly(all));
      most = Math.max(most, ...seen.map(({ rdatas }) => rdatas.length));
    }),
  );
  expect(most).toBeGreaterThan(8);
});

it('a set that was only asked for is in its place when it gets records', () => {
  const sets = new RRsets();
  const [one, two] = [name('one.example.org'), name('two.example.org')];
  sets.of(one, Type.CNAME);
  sets.add(two, 30, { type: Type.CNAME, target: one });
  expect(sets.list().map(({ owner }) => owner)).toEqual([two]);
  sets.add(one, 30, { type: Type.CNAME, target: two });
  expect(sets.list().map(({ owner }) => owner)).toEqual([one, two]);
});
