// Errors at the edges: a code for programs, a sentence for people with all its causes.
import { describe, expect, test } from 'vitest';
import { FingerpostError, messageOf } from '../../src/base/errors.ts';

test('an error has its code, its name and its cause', () => {
  const cause = new Error('why');
  const error = new FingerpostError('listen', 'what', { cause });
  expect(error).toBeInstanceOf(Error);
  expect([error.code, error.name, error.message, error.cause]).toEqual([
    'listen',
    'FingerpostError',
    'what',
    cause,
  ]);
  expect(new FingerpostError('usage', 'what').cause).toBeUndefined();
});

describe('messageOf', () => {
  test.each<[what: string, thrown: unknown, message: string]>([
    ['an error', new Error('a'), 'a'],
    ['one with a cause', new Error('a', { cause: new Error('b') }), 'a: b'],
    ['a chain of causes', new Error('a', { cause: new Error('b', { cause: new Error('c') }) }), 'a: b: c'],
    ['a cause that is no error', new Error('a', { cause: 'b' }), 'a: b'],
    ['a string', 'a', 'a'],
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a number', 7, '7'],
    ['our own', new FingerpostError('config', 'a', { cause: new Error('b') }), 'a: b'],
  ])('%s', (_, thrown, message) => {
    expect(messageOf(thrown)).toBe(message);
  });
});
