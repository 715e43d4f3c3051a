// Type names as people write them, unknown ones as RFC 3597 has it.
import { expect, test } from 'vitest';
import { Type, typeFromName, typeName } from '../../src/wire/codes.ts';

test.each(Object.entries(Type))('%s is type %d, in any case', (text, code) => {
  expect(typeName(code)).toBe(text);
  expect(typeFromName(text)).toBe(code);
  expect(typeFromName(text.toLowerCase())).toBe(code);
});

test.each<[text: string, code: number | undefined]>([
  ['TYPE1', 1],
  ['type65280', 65280],
  ['TYPE0', 0],
  ['TYPE65535', 65535],
  ['TYPE65536', undefined],
  ['TYPE-1', undefined],
  ['TYPE', undefined],
  ['TYPE1.5', undefined],
  ['', undefined],
  ['1', undefined],
  ['toString', undefined],
  ['AAAAA', undefined],
])('%j is type %s', (text, code) => {
  expect(typeFromName(text)).toBe(code);
});

test('a type without a name here is written by number', () => {
  expect(typeName(65280)).toBe('TYPE65280');
  expect(typeName(0)).toBe('TYPE0');
});
