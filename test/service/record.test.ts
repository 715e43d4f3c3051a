// Service records: every field of the SkyDNS JSON, what it may hold, and what makes a record unusable.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isProblem } from '../../src/service/problem.ts';
import { parseService, type Service } from '../../src/service/record.ts';
import { holds } from '../support/property.ts';

const EMPTY: Service = {
  host: '',
  kind: 'none',
  port: 0,
  priority: 0,
  weight: 0,
  text: '',
  mail: false,
  ttl: undefined,
  targetstrip: 0,
  group: '',
};

/** The problem of a record, or undefined where it can be used. */
function problemOf(value: unknown): string | undefined {
  const service = parseService(JSON.stringify(value));
  return isProblem(service) ? service.problem : undefined;
}

describe('a whole record', () => {
  test('has every field', () => {
    const fields = {
      host: '10.0.0.1',
      port: 8080,
      priority: 20,
      weight: 50,
      text: 'hello',
      mail: true,
      ttl: 60,
      targetstrip: 1,
      group: 'g1',
    };
    expect(parseService(JSON.stringify(fields))).toEqual({ ...fields, kind: 'ipv4' });
  });

  test('may be empty', () => {
    expect(parseService('{}')).toEqual(EMPTY);
    expect(parseService(' \n{ }\n')).toEqual(EMPTY);
  });

  test('ignores fields that it does not know', () => {
    const value = { owner: 'cluster1', key: 7, hosts: '10.0.0.1', nested: { host: [] }, constructor: 1 };
    expect(parseService(JSON.stringify(value))).toEqual(EMPTY);
    expect(parseService('{"__proto__":{"host":"10.0.0.1"}}')).toEqual(EMPTY);
  });

  test('takes the last of a field given twice', () => {
    expect(parseService('{"port":1,"port":2}')).toEqual({ ...EMPTY, port: 2 });
  });
});

test.each(Object.keys(EMPTY).filter((field) => field !== 'kind'))('%s: null counts as absent', (field) => {
  expect(parseService(JSON.stringify({ [field]: null }))).toEqual(EMPTY);
});

describe('numbers', () => {
  const limits = { port: 65535, priority: 65535, weight: 65535, ttl: 2147483647, targetstrip: 127 } as const;
  const fields = Object.entries(limits);

  test.each(fields)('%s: 0 to %d', (field, max) => {
    for (const value of [0, 1, max]) {
      expect(parseService(JSON.stringify({ [field]: value }))).toEqual({ ...EMPTY, [field]: value });
    }
    for (const value of [-1, max + 1, 0.5, 2 ** 40, 1e300, '1', '', true, [1], {}, [], false]) {
      expect(problemOf({ [field]: value }), JSON.stringify(value)).toMatch(
        new RegExp(`^${field}: .* to ${max}$`),
      );
    }
  });

  test.each(fields)('%s as other spellings of a number', (field) => {
    expect(parseService(`{"${field}":1.0}`)).toEqual({ ...EMPTY, [field]: 1 });
    expect(parseService(`{"${field}":1e2}`)).toEqual({ ...EMPTY, [field]: 100 });
    for (const text of ['1e999', '-1e999', '0x10', '01', 'NaN', '1_000']) {
      expect(isProblem(parseService(`{"${field}":${text}}`)), text).toBe(true);
    }
  });

  test('a port of 70000 is named with what is allowed', () => {
    expect(problemOf({ host: '10.0.0.1', port: 70000 })).toBe(
      'port: 70000 is not a whole number from 0 to 65535',
    );
  });
});

describe('mail', () => {
  test.each([true, false])('%s', (mail) => {
    expect(parseService(JSON.stringify({ mail }))).toEqual({ ...EMPTY, mail });
  });

  test.each([0, 1, 'true', '', [], {}])('%j is refused', (mail) => {
    expect(problemOf({ mail })).toMatch(/^mail: .* is not true or false$/);
  });
});

describe('text and group', () => {
  test.each(['', 'a', 'a'.repeat(255), 'a'.repeat(256), 'a'.repeat(64_000), 'é', '\0', '😀'.repeat(16_000)])(
    'a text of %#',
    (text) => {
      expect(parseService(JSON.stringify({ text }))).toEqual({ ...EMPTY, text });
    },
  );

  test.each<[what: string, text: string, bytes: number]>([
    ['64,001 letters', 'a'.repeat(64_001), 64_001],
    ['32,001 letters of two bytes', 'é'.repeat(32_001), 64_002],
    ['16,001 of four', '😀'.repeat(16_001), 64_004],
  ])('a text of %s is too long', (_, text, bytes) => {
    const problem = problemOf({ text });
    expect(problem).toMatch(
      new RegExp(`^text: .*\\(${bytes} bytes\\) is not a string of at most 64000 bytes$`),
    );
    // The text itself is cut to fit a log line.
    expect(problem!.length).toBeLessThan(200);
  });

  test.each(['text', 'group', 'host'])('%s is a string and nothing else', (field) => {
    for (const value of [1, true, ['a'], {}])
      expect(problemOf({ [field]: value })).toMatch(new RegExp(`^${field}: `));
  });

  test('a group is any string', () => {
    expect(parseService('{"group":"g 1 é"}')).toEqual({ ...EMPTY, group: 'g 1 é' });
  });
});

describe('what is no record at all', () => {
  test.each(['', ' ', '{', '{"host":}', 'host', "{'host':'a'}", '{"host":"a"} x', '\ufeff{}', '{"port":1,}'])(
    '%j is not JSON',
    (value) => {
      const service = parseService(value);
      expect(isProblem(service) && service.problem).toMatch(/^not JSON: /);
    },
  );

  test.each(['null', '[]', '[{}]', '1', '"a"', 'true'])('%s is not an object', (value) => {
    const service = parseService(value);
    expect(isProblem(service) && service.problem).toMatch(/ is not a JSON object$/);
  });

  test('a long value is cut to fit a log line', () => {
    const service = parseService(JSON.stringify('a'.repeat(10_000)));
    expect(isProblem(service) && service.problem.length).toBeLessThan(200);
  });
});

test('any JSON is a service or a problem, and a service has its fields in their limits', () => {
  const fields = fc.record(
    {
      host: fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.domain(), fc.jsonValue()),
      port: fc.oneof(fc.integer({ min: -2, max: 70_000 }), fc.jsonValue()),
      text: fc.jsonValue(),
      ttl: fc.oneof(fc.double(), fc.jsonValue()),
      mail: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  holds(
    fc.property(fc.oneof(fields, fc.jsonValue()), (value) => {
      const service = parseService(JSON.stringify(value));
      if (isProblem(service)) {
        expect(service.problem.length).toBeLessThan(300);
        return;
      }
      expect(Object.keys(service)).toEqual(Object.keys(EMPTY));
      expect(service.port >= 0 && service.port <= 65535 && Number.isInteger(service.port)).toBe(true);
      expect(service.kind === 'none').toBe(service.host === '');
      // What was read is read again as it is.
      const { kind: _, ...again } = service;
      expect(parseService(JSON.stringify(again))).toEqual(service);
    }),
    1000,
  );
});
