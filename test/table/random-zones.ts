// Random zones with everything in them that answers are made of, changes to them, and questions about them.
import fc from 'fast-check';
import { Type } from '../../src/wire/codes.ts';
import type { ZoneOptions } from '../../src/zone/zones.ts';
import type { Ask } from './questions.ts';
import type { Changes } from './world.ts';

const REVERSE = '10.in-addr.arpa';

const zones: fc.Arbitrary<readonly ZoneOptions[]> = fc
  .record({
    outer: fc.record({
      name: fc.constant('z'),
      match: fc.constantFrom('exact' as const, 'subtree' as const),
      apex: fc.constantFrom('services' as const, 'subtree' as const),
    }),
    inner: fc.record({
      name: fc.constant('in.z'),
      match: fc.constantFrom('exact' as const, 'subtree' as const),
      apex: fc.constantFrom('services' as const, 'subtree' as const),
    }),
    nested: fc.boolean(),
  })
  .map(({ outer, inner, nested }) => [outer, ...(nested ? [inner] : []), { name: REVERSE }]);

const label = fc.constantFrom('a', 'b', 'c', 'web', 'in', 'dns', 'ns', 'apex', '1', '2', '*');
const top = fc.oneof(
  { weight: 6, arbitrary: fc.constant('z') },
  { weight: 3, arbitrary: fc.constant('in.z') },
  { weight: 1, arbitrary: fc.constant(REVERSE) },
);

const name = fc
  .tuple(fc.array(label, { maxLength: 4 }), top)
  .map(([labels, zone]) => [...labels, zone].join('.'));

/** The name as people and programs write it, in any case. */
const asked = fc
  .tuple(
    fc.oneof(
      { weight: 12, arbitrary: name },
      { weight: 2, arbitrary: name.map((text) => text.replace(/(^|\.)(b|web)(?=\.)/, '$1any')) },
      { weight: 2, arbitrary: name.map((text) => `no-such.${text}`) },
      { weight: 1, arbitrary: fc.constantFrom('', 'elsewhere', 'a.elsewhere', 'arpa', 'in-addr.arpa') },
    ),
    fc.nat(2 ** 20),
  )
  .map(([text, upper]) => {
    return text.replace(/[a-z]/g, (letter, at: number) =>
      (upper >> (at % 20)) & 1 ? letter.toUpperCase() : letter,
    );
  });

const host = fc.oneof(
  { weight: 6, arbitrary: fc.nat(20).map((i) => `10.0.0.${i}`) },
  { weight: 2, arbitrary: fc.nat(9).map((i) => `fd00::${i}`) },
  { weight: 4, arbitrary: name.filter((text) => !text.includes('*')) },
  { weight: 1, arbitrary: fc.constantFrom('x.example.com', 'y.example.com') },
);

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 3 });

const record = fc.record({
  host: fc.option(host, { nil: undefined, freq: 8 }),
  port: optional(fc.constantFrom(80, 443, 8080)),
  priority: optional(fc.constantFrom(1, 10, 20)),
  weight: optional(fc.constantFrom(1, 50, 100)),
  text: optional(fc.oneof(fc.constant('hello'), fc.constant('t'.repeat(300)))),
  mail: optional(fc.constant(true)),
  ttl: optional(fc.constantFrom(5, 60)),
  targetstrip: optional(fc.nat(4)),
  group: optional(fc.constantFrom('g1', 'g2')),
});

function keyOf(text: string): string {
  return `/skydns/${text.split('.').reverse().join('/')}`;
}

const one = fc.tuple(name, record).map(([text, value]): Record<string, object> => ({ [keyOf(text)]: value }));

/** Enough members below one name to be too much for UDP. */
const many = fc.tuple(name, fc.integer({ min: 12, max: 60 }), record).map(([text, count, value]) => {
  const members = Array.from({ length: count }, (_, i) => {
    const address = value.host === undefined ? undefined : `10.1.${i >> 4}.${i & 15}`;
    return [`${keyOf(text)}/m${i}`, { ...value, host: address }];
  });
  return Object.fromEntries(members) as Record<string, object>;
});

const records = fc
  .array(fc.oneof({ weight: 12, arbitrary: one }, { weight: 1, arbitrary: many }), { maxLength: 25 })
  .map((parts): Record<string, object> => Object.assign({}, ...parts));

const question: fc.Arbitrary<Ask & { readonly tcp: boolean }> = fc.record({
  name: asked,
  type: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom<number>(Type.A, Type.AAAA, Type.SRV) },
    {
      weight: 4,
      arbitrary: fc.constantFrom<number>(Type.MX, Type.TXT, Type.CNAME, Type.NS, Type.SOA, Type.PTR),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom<number>(Type.ANY, Type.HINFO, 99, 0, Type.AXFR, Type.OPT, 65_280),
    },
  ),
  class: fc.oneof({ weight: 30, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(3) }),
  flags: fc.constantFrom(0, 0x0100, 0x0110, 0x0010),
  size: fc.constantFrom(undefined, 0, 512, 600, 1000, 1232, 4096, 65_535),
  dnssecOk: fc.boolean(),
  tcp: fc.boolean(),
});

export interface Case {
  readonly zones: readonly ZoneOptions[];
  readonly first: Readonly<Record<string, object>>;
  /** What changes next: puts, and deletions of the keys at these places among those there are. */
  readonly turns: readonly {
    readonly put: Readonly<Record<string, object>>;
    readonly remove: readonly number[];
  }[];
  readonly questions: readonly (Ask & { readonly tcp: boolean })[];
}

/** Every second question is about a name that there is, or about the one above it. */
function aimed(random: Case): Case {
  const names = Object.keys(random.first).map((key) => key.split('/').slice(2).reverse());
  const questions = random.questions.map((ask, i) => {
    const labels = i % 2 === 0 ? undefined : names[i % Math.max(1, names.length)];
    return labels === undefined ? ask : { ...ask, name: labels.slice(i % 4 === 1 ? 1 : 0).join('.') };
  });
  return { ...random, questions };
}

const unaimed: fc.Arbitrary<Case> = fc.record({
  zones,
  first: records,
  turns: fc.array(fc.record({ put: records, remove: fc.array(fc.nat(1000), { maxLength: 12 }) }), {
    minLength: 1,
    maxLength: 4,
  }),
  questions: fc.array(question, { minLength: 20, maxLength: 60 }),
});

export const cases: fc.Arbitrary<Case> = unaimed.map(aimed);

/** The changes of a turn, given the keys that there are. */
export function changesOf(turn: Case['turns'][number], keys: ReadonlySet<string>): Changes {
  const there = [...keys];
  const gone = turn.remove.flatMap((place) => there[place % Math.max(1, there.length)] ?? []);
  return { ...turn.put, ...Object.fromEntries(gone.map((key) => [key, undefined])) };
}
