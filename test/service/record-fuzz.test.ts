// Service values as text that is nearly JSON, or nearly a service: read or refused, never thrown at, and every way to be refused met.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isProblem } from '../../src/service/problem.ts';
import { parseService, type Service } from '../../src/service/record.ts';
import { holds } from '../support/property.ts';

const NUMBERS = ['port', 'priority', 'weight', 'ttl', 'targetstrip'] as const;
const FIELDS = ['host', 'text', 'mail', 'group', ...NUMBERS] as const;

/** As it stands in a value, in other spellings, and names that objects have anyway. */
const field = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...FIELDS) },
  fc.constantFrom('Host', 'PORT', 'Ttl', '', '__proto__', 'constructor', 'toString', 'hosts'),
);

const number = fc.constantFrom(
  '0',
  '-0',
  '1',
  '-1',
  '65535',
  '65536',
  '127',
  '128',
  '1.5',
  '1e2',
  '1e999',
  '01',
  '9e15',
);
const NEARLY_HOSTS = [
  ...[
    '10.0.0.1',
    '10.0.0.256',
    '10.0.0.1.',
    '::',
    '::1',
    '::ffff:1.2.3.4',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7:8:9',
  ],
  ...[
    'a',
    'a.b',
    'A.b.',
    '.',
    'a..b',
    '-a',
    '_a._b',
    'a b',
    'a.1',
    `${'a'.repeat(63)}.b`,
    `${'a'.repeat(64)}.b`,
  ],
  ...['a.'.repeat(127), `${'a.'.repeat(127)}a`, 'é.b', '\ud800', '\0', 'a\\b'],
];
const string = fc
  .oneof(
    fc.constantFrom(...NEARLY_HOSTS),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constant('é'.repeat(32_001)),
  )
  .map((text) => JSON.stringify(text));
const literal = fc.constantFrom('null', 'true', 'false', 'nul', 'NaN', '', '"', '\ufeff1');
/** Readers that call themselves for what is nested run out of stack at some depth. */
const deep = fc
  .tuple(fc.constantFrom(['[', ']'], ['{"a":', '}'], ['{"":', '}']), fc.constantFrom(1, 2, 100, 20_000))
  .map(([[open = '', close = ''], depth]) => `${open.repeat(depth)}1${close.repeat(depth)}`);
const value = fc.oneof(
  { weight: 4, arbitrary: number },
  { weight: 4, arbitrary: string },
  { weight: 4, arbitrary: literal },
  { weight: 1, arbitrary: deep },
);

const member = fc.tuple(field, value).map(([name, text]) => `${JSON.stringify(name)}:${text}`);
const object = fc
  .tuple(fc.array(member, { maxLength: 4 }), fc.constantFrom('', ' ', '\n\t'))
  .map(([members, space]) => `${space}{${members.join(`,${space}`)}}${space}`);

/** The same with characters put in or left out here and there. */
const damaged = fc
  .tuple(
    object,
    fc.array(fc.tuple(fc.nat(60), fc.constantFrom('', '"', '{', ',', '\\', '\0', 'e')), { maxLength: 2 }),
  )
  .map(([text, places]) =>
    places.reduce((all, [at, put]) => `${all.slice(0, at)}${put}${all.slice(at + 1)}`, text),
  );

const text = fc.oneof(
  { weight: 8, arbitrary: object },
  { weight: 2, arbitrary: damaged },
  { weight: 1, arbitrary: value },
);

const MOST = { port: 65_535, priority: 65_535, weight: 65_535, ttl: 2 ** 31 - 1, targetstrip: 127 } as const;

function isJson(given: string): boolean {
  try {
    JSON.parse(given);
    return true;
  } catch {
    return false;
  }
}

function checkService(service: Service): void {
  for (const name of NUMBERS) {
    const found = service[name] ?? 0;
    expect(Number.isInteger(found) && found >= 0 && found <= MOST[name], `${name}: ${found}`).toBe(true);
  }
  expect(service.kind === 'none').toBe(service.host === '');
  expect(service.host).toMatch(/^[a-z0-9_.:-]*$/);
  expect(Buffer.byteLength(service.text)).toBeLessThanOrEqual(64_000);
  // What was read is read again as it is; -0 is written as 0.
  const { kind: _, ...again } = service;
  expect(JSON.stringify(parseService(JSON.stringify(again)))).toBe(JSON.stringify(service));
}

/** Checks one value; how it came out: `service`, `not JSON`, `not an object`, or the field that is refused. */
function outcome(given: string): string {
  const service = parseService(given);
  if (!isProblem(service)) {
    checkService(service);
    expect(isJson(given)).toBe(true);
    return 'service';
  }
  const { problem } = service;
  // It has to fit a line of the log.
  expect(problem.length).toBeLessThan(300);
  const isNoJson = problem.startsWith('not JSON: ');
  expect(isNoJson).toBe(!isJson(given));
  if (isNoJson) return 'not JSON';
  if (problem.endsWith(' is not a JSON object')) return 'not an object';
  const name = problem.slice(0, problem.indexOf(':'));
  expect(FIELDS).toContain(name);
  return name;
}

test('any text is a service or a problem in one line, and every problem is met', () => {
  const met = new Set<string>();
  holds(
    fc.property(text, (given) => {
      met.add(outcome(given));
    }),
    8000,
  );
  expect([...met].sort()).toEqual(['not JSON', 'not an object', 'service', ...FIELDS].sort());
});

/** Values that were a defect once. */
test.each([
  ['arrays in arrays', `{"host":${'['.repeat(5000)}${']'.repeat(5000)}}`, 'host'],
  ['objects in objects', `{"port":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}}`, 'port'],
  ['objects under empty names', `{"mail":${'{"":'.repeat(5000)}1${'}'.repeat(5000)}}`, 'mail'],
  ['nothing but arrays', '['.repeat(5000) + ']'.repeat(5000), 'not an object'],
])('%s, very deep', (_, given, expected) => {
  expect(outcome(given)).toBe(expected);
});
