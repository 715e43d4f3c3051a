// The small things that listings are made of.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visible } from '../../src/base/unseen.ts';
import { ageOf } from '../../src/cli/age.ts';
import { columns } from '../../src/cli/columns.ts';
import { counted } from '../../src/cli/counted.ts';
import { digLines } from '../../src/cli/examples.ts';
import { shortened } from '../../src/cli/terminal.ts';

describe('an age', () => {
  it.each([
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [7199, '119m'],
    [7200, '2h'],
    [172_800, '2d'],
    [-5, '0s'],
  ])('of %i seconds is %s', (seconds, text) => {
    const now = 1e12;
    expect(ageOf({ writtenAt: now - seconds * 1000, revision: 1 } as never, 9, now)).toBe(text);
  });

  it('is in revisions where no time is known', () => {
    expect(ageOf({ writtenAt: undefined, revision: 3 } as never, 15, 0)).toBe('12 rev');
  });
});

describe('columns', () => {
  it('are as wide as their widest cell, and nothing trails', () => {
    const rows = [
      ['a', '1', 'x'],
      ['bbb', '22', ''],
    ];
    expect(columns(rows, ['left', 'right', 'left'])).toEqual(['a     1  x', 'bbb  22']);
  });
});

describe('visible text', () => {
  it('has nothing that a terminal obeys', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(visible(text)).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
      }),
    );
  });

  it('is cut where it is too long', () => {
    expect(shortened('abcdef', 4)).toBe('abc…');
    expect(shortened('abcd', 4)).toBe('abcd');
  });
});

describe('counts', () => {
  it.each([
    [0, '0 services'],
    [1, '1 service'],
    [2, '2 services'],
  ])('%i', (count, text) => expect(counted(count, 'service')).toBe(text));
});

describe('dig lines', () => {
  it.each([
    ['127.0.0.1', 5300, 'dig @127.0.0.1 -p 5300 a.local A'],
    ['::', 53, 'dig @::1 a.local A'],
    ['0.0.0.0', 53, 'dig @127.0.0.1 a.local A'],
  ])('%s %i', (host, port, line) => expect(digLines(['a.local A'], { host, port })).toEqual([line]));
});
