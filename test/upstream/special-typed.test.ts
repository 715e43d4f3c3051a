// Names as people type them: which are too short, and what a search domain was added to.
import { describe, expect, it, test } from 'vitest';
import { completions, isLocal, isTooShort } from '../../src/upstream/special-typed.ts';
import { Type } from '../../src/wire/codes.ts';
import { labelsToText, reversedLabels } from '../../src/wire/name.ts';
import { name } from '../wire/packets.ts';

const labels = (text: string): string[] => reversedLabels(name(text));

describe('a name too short to be asked for outside', () => {
  test.each<[name: string, ndots: number, short: boolean]>([
    ['db', 0, false],
    ['db', 1, true],
    ['db.prod', 1, false],
    ['db.prod', 2, true],
    ['db.prod.example', 2, false],
    ['.', 1, false],
  ])('%s, with ndots %d: %s', (text, ndots, short) => {
    expect(isTooShort(labels(text), Type.A, ndots)).toBe(short);
  });

  it('is none where the tree is walked', () => {
    for (const type of [Type.NS, Type.SOA, 43, 48]) expect(isTooShort(['com'], type, 1)).toBe(false);
    for (const type of [Type.AAAA, Type.MX, Type.SRV, Type.TXT, Type.ANY, 65])
      expect(isTooShort(['com'], type, 1)).toBe(true);
  });
});

describe('completion', () => {
  const search = ['prod.skydns.local', 'skydns.local', 'example.com'].map(labels);
  const completed = (text: string, type: number = Type.A, domains = search): string[] =>
    completions(labels(text), type, domains).map(labelsToText);

  it('takes the first search domain off, tries the others and then the name as it was typed', () => {
    expect(completed('www.example.org.prod.skydns.local')).toEqual([
      'www.example.org.skydns.local.',
      'www.example.org.example.com.',
      'www.example.org.',
    ]);
    expect(completed('db.prod.skydns.local', Type.AAAA, search.slice(0, 1))).toEqual(['db.']);
  });

  it('is for names below the first search domain only', () => {
    for (const text of ['prod.skydns.local', 'www.example.org', 'www.example.com', 'xprod.skydns.local', '.'])
      expect(completed(text)).toEqual([]);
    expect(completed('a.prod.skydns.local', Type.A, [])).toEqual([]);
  });

  it('is for addresses only', () => {
    for (const type of [Type.SRV, Type.TXT, Type.MX, Type.CNAME, Type.PTR, Type.ANY])
      expect(completed('a.prod.skydns.local', type)).toEqual([]);
  });

  it('leaves out what is no name', () => {
    const label = 'a'.repeat(63);
    const longest = `${label}.${label}.${label}.${'b'.repeat(59)}`;
    const domains = ['a', 'bbb'].map(labels);
    expect(completed(`${longest}.a`, Type.A, domains)).toEqual([`${longest}.`]);
  });
});

describe('local.dns', () => {
  it('is known in its zone', () => {
    const zone = labels('skydns.local');
    expect(isLocal(labels('local.dns.skydns.local'), zone)).toBe(true);
    for (const text of ['dns.skydns.local', 'a.local.dns.skydns.local', 'local.ns.skydns.local'])
      expect(isLocal(labels(text), zone)).toBe(false);
    expect(isLocal(labels('local.dns'), [])).toBe(true);
  });
});
