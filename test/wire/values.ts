// Random names and RDATA of every type, for property tests.
import fc from 'fast-check';
import { isName, type Name, nameFromReversed } from '../../src/wire/name.ts';
import type { Rdata } from '../../src/wire/rdata.ts';

const label = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'rails', '_tcp', 'example', '*') },
  {
    weight: 1,
    arbitrary: fc
      .uint8Array({ minLength: 1, maxLength: 63 })
      .map((bytes) => Buffer.from(bytes).toString('latin1')),
  },
);

export const anyName: fc.Arbitrary<Name> = fc
  .array(label, { maxLength: 6 })
  .map((labels) => nameFromReversed(labels))
  .filter(isName);

const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffff_ffff);
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const characterString = fc.oneof(fc.uint8Array({ maxLength: 12 }), bytes(255));

const KNOWN = new Set([1, 2, 5, 6, 12, 13, 15, 16, 28, 33]);

export const anyRdata: fc.Arbitrary<Rdata> = fc.oneof(
  fc.record({ type: fc.constant(1 as const), address: bytes(4) }),
  fc.record({ type: fc.constant(28 as const), address: bytes(16) }),
  fc.record({ type: fc.constantFrom(2, 5, 12), target: anyName }),
  fc.record({ type: fc.constant(15 as const), preference: u16, exchange: anyName }),
  fc.record({ type: fc.constant(33 as const), priority: u16, weight: u16, port: u16, target: anyName }),
  fc.record({
    type: fc.constant(16 as const),
    strings: fc.array(characterString, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ type: fc.constant(13 as const), cpu: characterString, os: characterString }),
  fc.record({
    type: fc.constant(6 as const),
    mname: anyName,
    rname: anyName,
    serial: u32,
    refresh: u32,
    retry: u32,
    expire: u32,
    minimum: u32,
  }),
  fc.record({
    type: fc.constant('unknown' as const),
    code: u16.filter((code) => !KNOWN.has(code)),
    data: fc.uint8Array({ maxLength: 40 }),
  }),
);
