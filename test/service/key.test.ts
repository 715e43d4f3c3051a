// Keys and names: `/skydns/local/skydns/rails` is `rails.skydns.local.`, there and back, or a reason why not.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyOf, labelsOf, nameOf } from '../../src/service/key.ts';
import { isProblem } from '../../src/service/problem.ts';
import { labelsToText } from '../../src/wire/name.ts';
import { holds } from '../support/property.ts';

const PREFIX = '/skydns';
const label63 = 'a'.repeat(63);

describe('the key of a name', () => {
  test.each<[name: string, key: string]>([
    ['1.rails.production.east.skydns.local', '/skydns/local/skydns/east/production/rails/1'],
    ['skydns.local.', '/skydns/local/skydns'],
    ['local', '/skydns/local'],
    ['RAILS.SkyDNS.Local', '/skydns/local/skydns/rails'],
    ['_http._tcp.rails.local', '/skydns/local/rails/_tcp/_http'],
    ['*.rails.local', '/skydns/local/rails/*'],
    ['é.local', '/skydns/local/é'],
    ['É.local', '/skydns/local/É'],
    ['a\\032b.local', '/skydns/local/a b'],
    ['2.0.18.172.in-addr.arpa', '/skydns/arpa/in-addr/172/18/0/2'],
    [`${label63}.local`, `/skydns/local/${label63}`],
  ])('%s is %s', (name, key) => {
    expect(keyOf(PREFIX, name)).toBe(key);
  });

  test.each<[name: string, why: RegExp]>([
    ['', /empty label/],
    ['.', /the root/],
    ['a..local', /empty label/],
    [`${label63}a.local`, /label over 63 bytes/],
    [`${`${label63}.`.repeat(4)}local`, /name over 255 bytes/],
    ['a\\.b.local', /"a\.b" cannot be a part of a key/],
    ['a\\047b.local', /cannot be a part of a key/],
    ['a/b.local', /"a\/b" cannot be a part of a key/],
    ['a\\000.local', /cannot be a part of a key/],
    ['a\\010.local', /cannot be a part of a key/],
    ['a\\127.local', /cannot be a part of a key/],
    ['\\194\\128.local', /cannot be a part of a key/],
    // Not UTF-8, which keys are.
    ['\\255.local', /cannot be a part of a key/],
    ['a\\.local\\', /bad escape/],
  ])('%j has none', (name, why) => {
    const key = keyOf(PREFIX, name);
    expect(isProblem(key) && key.problem).toMatch(why);
  });
});

describe('the labels of a key', () => {
  test.each<[key: string, labels: string[]]>([
    ['/skydns/local/skydns/rails/1', ['local', 'skydns', 'rails', '1']],
    ['/skydns/local', ['local']],
    ['/skydns/LOCAL/Rails', ['local', 'rails']],
    ['/skydns/local/é', ['local', '\xc3\xa9']],
    // Only ASCII folds: neither É nor the Kelvin sign do.
    ['/skydns/local/É', ['local', '\xc3\x89']],
    ['/skydns/local/\u212a', ['local', '\xe2\x84\xaa']],
    ['/skydns/local/*', ['local', '*']],
    ['/skydns/local/a b', ['local', 'a b']],
    ['/skydns/local/a\\b', ['local', 'a\\b']],
    [`/skydns/${label63}`, [label63]],
    [`/skydns/${'é'.repeat(31)}a`, [`${'\xc3\xa9'.repeat(31)}a`]],
    [`/skydns/${'a/'.repeat(126)}a`, new Array<string>(127).fill('a')],
    ['/skydns/skydns/skydns', ['skydns', 'skydns']],
  ])('%s', (key, labels) => {
    expect(labelsOf(PREFIX, key)).toEqual(labels);
  });

  test.each<[key: string, why: RegExp]>([
    ['/skydns', /not below "\/skydns"/],
    ['/skydns/', /empty label/],
    ['/skydns/local/', /empty label/],
    ['/skydns//local', /empty label/],
    ['/skydns/local//rails', /empty label/],
    ['/skydnsx/local', /not below/],
    ['/skydn/local', /not below/],
    ['/SkyDNS/local', /not below/],
    ['skydns/local', /not below/],
    ['', /not below/],
    ['/skydns/local/a.b', /dot or a control character/],
    ['/skydns/local/.', /dot or a control character/],
    ['/skydns/local/a\0', /dot or a control character/],
    ['/skydns/local/a\n', /dot or a control character/],
    ['/skydns/local/a\x7f', /dot or a control character/],
    ['/skydns/local/a\x85', /dot or a control character/],
    // What stands where bytes were no UTF-8: more than one key may read so.
    ['/skydns/local/a\ufffd', /not UTF-8/],
    [`/skydns/local/${label63}a`, /label over 63 bytes/],
    [`/skydns/local/${'é'.repeat(32)}`, /label over 63 bytes/],
    [`/skydns/${'a/'.repeat(127)}a`, /name over 255 bytes/],
  ])('%j has none', (key, why) => {
    const labels = labelsOf(PREFIX, key);
    expect(isProblem(labels) && labels.problem).toMatch(why);
  });

  test('a prefix of several parts, or of none', () => {
    expect(labelsOf('/my/dns', '/my/dns/local/a')).toEqual(['local', 'a']);
    expect(labelsOf('', '/local/a')).toEqual(['local', 'a']);
    expect(isProblem(labelsOf('/my/dns', '/my/dnsx/local'))).toBe(true);
    expect(keyOf('', 'a.local')).toBe('/local/a');
  });
});

describe('the name of a key', () => {
  test.each<[key: string, name: string]>([
    ['/skydns/local/skydns/rails/1', '1.rails.skydns.local.'],
    ['/skydns/local/Rails', 'rails.local.'],
    ['/skydns/local/a b', 'a\\032b.local.'],
    ['/skydns/local/é', '\\195\\169.local.'],
  ])('%s is %s', (key, name) => {
    expect(nameOf(PREFIX, key)).toBe(name);
    expect(keyOf(PREFIX, name)).toBe(key.toLowerCase());
  });

  test('a key that is no name has a problem', () => {
    expect(isProblem(nameOf(PREFIX, '/skydns/a.b'))).toBe(true);
  });
});

test('key to name to key: what is served can be typed, in lower case', () => {
  const character = fc.constantFrom(
    'a',
    'Z',
    '0',
    '-',
    '_',
    '*',
    ' ',
    'é',
    'É',
    '\u212a',
    '/',
    '.',
    '\\',
    '\0',
    '😀',
  );
  holds(
    fc.property(fc.string({ unit: character, maxLength: 24 }), (path) => {
      const key = `${PREFIX}/${path}`;
      const labels = labelsOf(PREFIX, key);
      if (isProblem(labels)) return;
      const lower = key.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
      expect(keyOf(PREFIX, labelsToText(labels))).toBe(lower);
      expect(labelsOf(PREFIX, lower)).toEqual(labels);
    }),
    2000,
  );
});
