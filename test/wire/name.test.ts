// Names: text, wire and reversed labels say the same thing, and what is no name is refused with its reason.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isName,
  labelsToText,
  type Name,
  nameFromReversed,
  nameFromText,
  nameToText,
  ROOT,
  reversedLabels,
  sameName,
} from '../../src/wire/name.ts';
import { holds } from '../support/property.ts';
import { name, wire } from './packets.ts';

const label63 = 'a'.repeat(63);
/** 3 labels of 63 bytes and one of 61: 255 bytes on the wire, the longest name there is. */
const name255 = [label63, label63, label63, 'b'.repeat(61)].join('.');

describe('a text is read as a name', () => {
  test.each<[text: string, labels: string[]]>([
    ['.', []],
    ['a', ['a']],
    ['a.', ['a']],
    ['www.example', ['www', 'example']],
    ['WWW.Example.', ['www', 'example']],
    ['a\\.b.c', ['a.b', 'c']],
    ['a\\046b.c', ['a.b', 'c']],
    ['\\065b', ['ab']],
    ['a\\\\b', ['a\\b']],
    ['\\a', ['a']],
    ['\\000.\\255', ['\0', '\xff']],
    ['\\0321', [' 1']],
    ['*.example', ['*', 'example']],
    ['_http._tcp.rails', ['_http', '_tcp', 'rails']],
    ['é.example', ['\xc3\xa9', 'example']],
    ['\\é.example', ['\xc3\xa9', 'example']],
    ['a b', ['a b']],
    [label63, [label63]],
  ])('%j', (text, labels) => {
    expect([...name(text)]).toEqual(wire(...labels));
  });

  test.each<[text: string, problem: string]>([
    ['', 'empty label'],
    ['..', 'empty label'],
    ['.a', 'empty label'],
    ['a..b', 'empty label'],
    ['a..', 'empty label'],
    [`${label63}a`, 'label over 63 bytes'],
    [`${'é'.repeat(31)}aa`, 'label over 63 bytes'],
    [`${name255}b`, 'name over 255 bytes'],
    [`a.${name255}`, 'name over 255 bytes'],
    ['a\\', 'bad escape'],
    ['a\\256', 'bad escape'],
    ['a\\999', 'bad escape'],
    // A digit begins three of them (RFC 1035 5.1).
    ['a\\1', 'bad escape'],
    ['a\\12', 'bad escape'],
    ['a\\12b', 'bad escape'],
  ])('%j is refused: %s', (text, problem) => {
    expect(nameFromText(text)).toBe(problem);
  });

  test('255 bytes are a name, with or without the final dot', () => {
    expect(name(name255)).toHaveLength(255);
    expect(name(`${name255}.`)).toEqual(name(name255));
    expect(nameFromReversed(reversedLabels(name(name255)))).toEqual(name(name255));
  });

  test('127 labels are a name, 128 are not', () => {
    expect(name('a.'.repeat(127))).toHaveLength(255);
    expect(nameFromText('a.'.repeat(128))).toBe('name over 255 bytes');
  });
});

describe('case', () => {
  test('folds for ASCII letters only (RFC 4343)', () => {
    const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const folded = [...every].map((byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte));
    for (let start = 0; start < 256; start += 32) {
      const label = Buffer.from(every.subarray(start, start + 32)).toString('latin1');
      expect([...(nameFromReversed([label]) as Name)]).toEqual([32, ...folded.slice(start, start + 32), 0]);
    }
  });

  test('the letters beside A-Z stay apart', () => {
    expect(sameName(name('@'), name('`'))).toBe(false);
    expect(sameName(name('['), name('{'))).toBe(false);
    expect(sameName(name('É'), name('é'))).toBe(false);
    // The Kelvin sign folds to k in Unicode, not here.
    expect(sameName(name('\u212a'), name('k'))).toBe(false);
    expect(sameName(name('AZ'), name('az'))).toBe(true);
  });
});

describe('a name as text', () => {
  test.each<[labels: string[], text: string]>([
    [[], '.'],
    [['a'], 'a.'],
    [['a.b', 'c'], 'a\\.b.c.'],
    [['a\\b'], 'a\\\\b.'],
    [['a b'], 'a\\032b.'],
    [['\0\t\x7f\x80\xff'], '\\000\\009\\127\\128\\255.'],
    [['a;b(c)d@e$f"g'], 'a\\;b\\(c\\)d\\@e\\$f\\"g.'],
    [['*', '_tcp'], '*._tcp.'],
  ])('%j is %s', (labels, text) => {
    expect(nameToText(Uint8Array.from(wire(...labels)) as Name)).toBe(text);
    expect(labelsToText([...labels].reverse())).toBe(text);
  });
});

describe('reversed labels', () => {
  test('go from the root down', () => {
    expect(reversedLabels(name('1.rails.skydns.local'))).toEqual(['local', 'skydns', 'rails', '1']);
    expect(reversedLabels(ROOT)).toEqual([]);
    expect(nameFromReversed([])).toEqual(ROOT);
  });

  test.each([
    [['local', ''], 'empty label'],
    [['a'.repeat(64)], 'label over 63 bytes'],
    [Array.from({ length: 128 }, () => 'a'), 'name over 255 bytes'],
  ])('%j is no name', (labels, problem) => {
    expect(nameFromReversed(labels)).toBe(problem);
  });
});

/** Labels of any bytes that are a name together. */
const anyLabels = fc
  .array(
    fc.uint8Array({ minLength: 1, maxLength: 63 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    { maxLength: 130, size: 'medium' },
  )
  .filter((labels) => isName(nameFromReversed(labels)));

test('every name survives the way through text and through reversed labels', () => {
  holds(
    fc.property(anyLabels, (labels) => {
      const original = nameFromReversed(labels) as Name;
      expect(nameFromText(nameToText(original))).toEqual(original);
      expect(nameFromReversed(reversedLabels(original))).toEqual(original);
    }),
  );
});

test('any text is a name within its limits or refused with a reason', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', 'Z', '.', '\\', '0', '2', '9', ' ', 'é', '\0') });
  holds(
    fc.property(texts, (text) => {
      const read = nameFromText(text);
      if (!isName(read)) return;
      expect(read.length).toBeLessThanOrEqual(255);
      expect(read.at(-1)).toBe(0);
      expect(reversedLabels(read).every((label) => label.length >= 1 && label.length <= 63)).toBe(true);
      expect(nameFromText(nameToText(read))).toEqual(read);
    }),
    1000,
  );
});
