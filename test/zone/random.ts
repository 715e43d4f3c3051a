// Random registries over a small alphabet, so that keys, wildcards, strips, groups and CNAMEs meet each other often.
import fc from 'fast-check';

/** Values that no server may serve; anything else made here is usable. */
export const BAD_VALUES = ['not JSON', '[]', '{"host":"a b"}', '{"port":70000}', '{"host":"x..y"}'] as const;

export const isBad = (value: string): boolean => (BAD_VALUES as readonly string[]).includes(value);

const label = fc.constantFrom('a', 'b', 'c', 'A', 'B', '*', 'any');
const top = fc.oneof(
  { weight: 12, arbitrary: fc.constant('org/example') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('org/example/dns/apex', 'org/example/dns/ns', 'org/example/a/dns/ns'),
  },
  { weight: 1, arbitrary: fc.constantFrom('com/other', 'ORG/Example', 'arpa/in-addr/10') },
);

export const key: fc.Arbitrary<string> = fc
  .tuple(top, fc.array(label, { maxLength: 4 }))
  .map(([head, labels]) => ['/skydns', head, ...labels].join('/'));

const names = ['a', 'b', 'c', 'a.b', 'b.a', 'c.a', 'x.a', '*.b', 'a.b.c'].filter(
  (name) => !name.includes('*'),
);
const host = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3') },
  { weight: 2, arbitrary: fc.constantFrom('2001:db8::1', '2001:db8::2') },
  { weight: 5, arbitrary: fc.constantFrom(...names).map((name) => `${name}.example.org`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('example.org', 'lb.example.net', 'mail.example.net', '1.10.in-addr.arpa'),
  },
);

const service = fc.record(
  {
    host: fc.oneof({ weight: 9, arbitrary: host }, { weight: 1, arbitrary: fc.constant('') }),
    port: fc.constantFrom(80, 81),
    priority: fc.constantFrom(0, 10, 20),
    weight: fc.constantFrom(0, 1, 100, 300),
    text: fc.constantFrom('', 'one', 'two'),
    mail: fc.boolean(),
    ttl: fc.constantFrom(0, 20, 40),
    targetstrip: fc.constantFrom(0, 1, 2, 9),
    group: fc.constantFrom('', 'g1', 'g2'),
  },
  { requiredKeys: [] },
);

export const value: fc.Arbitrary<string> = fc.oneof(
  { weight: 15, arbitrary: service.map((fields) => JSON.stringify(fields)) },
  { weight: 1, arbitrary: fc.constantFrom(...BAD_VALUES) },
);

export const leaseTtl = fc.constantFrom(0, 0, 0, 10, 25);

const match = fc.constantFrom('subtree' as const, 'subtree' as const, 'exact' as const);
const apex = fc.constantFrom('services' as const, 'services' as const, 'subtree' as const);
const weights = fc.constantFrom(100, 100, 1000, 65_535);
const zone = (name: string) => fc.record({ name: fc.constant(name), match, apex, weights });

/** One zone or several, one of them inside another. */
export const zones = fc
  .tuple(zone('example.org'), fc.option(zone('a.example.org'), { nil: undefined }), zone('10.in-addr.arpa'))
  .map((all) => all.flatMap((one) => (one === undefined ? [] : [one])));

const words = ['a', 'b', 'c', '*', 'any'];
const owners = [
  'example.org',
  ...words.map((one) => `${one}.example.org`),
  ...words.flatMap((one) => words.map((two) => `${one}.${two}.example.org`)),
  'a.a.b.example.org',
  'b.*.a.example.org',
  'c.any.*.example.org',
  'x.a.b.c.example.org',
  'z.z.example.org',
  'apex.dns.example.org',
  'a.ns.dns.example.org',
  'ns.dns.example.org',
  'ns.dns.a.example.org',
  'a.10.in-addr.arpa',
  '10.in-addr.arpa',
  'b.a.10.in-addr.arpa',
  'other.com',
];
const types = ['A', 'AAAA', 'TXT', 'SRV', 'MX', 'CNAME', 'NS', 'PTR', 'LOC'];

/** Every question that is asked of a random zone: `name type`. */
export const questions: readonly string[] = owners.flatMap((owner) =>
  types.map((type) => `${owner} ${type === 'LOC' ? 'TYPE29' : type}`),
);
