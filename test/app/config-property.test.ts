// What holds for every address, network and size.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressText, loadOptions, parseAddress } from '../../src/app/config.ts';
import { suggestion } from '../../src/app/options/suggest.ts';
import { bytes } from '../../src/app/options/values.ts';
import { reverseZone } from '../../src/app/options/zone.ts';
import { FingerpostError } from '../../src/base/errors.ts';

const port = fc.integer({ min: 0, max: 65535 });
const address = fc.record({ host: fc.oneof(fc.ipV4(), fc.ipV6()), port });

describe('an address', () => {
  it('is read back from its text', () => {
    fc.assert(
      fc.property(address, (one) => {
        expect(parseAddress(addressText(one), undefined)).toEqual(one);
      }),
    );
  });

  it('has the bare port where it names none', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (host) => {
        expect(parseAddress(host, 53)).toEqual({ host, port: 53 });
        expect(parseAddress(host, undefined)).toHaveProperty('problem');
      }),
    );
  });
});

describe('a network', () => {
  it('on an octet boundary is the reverse zone of its octets', () => {
    const octets = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 0, maxLength: 4 });
    fc.assert(
      fc.property(octets, (kept) => {
        const padded = [...kept, 0, 0, 0, 0].slice(0, 4);
        const zone = reverseZone(`${padded.join('.')}/${kept.length * 8}`);
        expect(zone).toBe([...kept.reverse(), 'in-addr.arpa'].join('.'));
      }),
    );
  });

  it('off its boundary, or with bits beyond it, is a problem', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), (host, length) => {
        const zone = reverseZone(`${host}/${length}`);
        if (length % 8 !== 0) expect(zone).toHaveProperty('problem');
        if (typeof zone === 'string') expect(zone.split('.')).toHaveLength(length / 8 + 2);
      }),
    );
  });

  it.each([
    ['fd00::/8', 'd.f.ip6.arpa'],
    ['2001:db8::/32', '8.b.d.0.1.0.0.2.ip6.arpa'],
    ['2001:db8:0:1::/64', '1.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa'],
    ['192.168.0.0/16', '168.192.in-addr.arpa'],
    ['0.0.0.0/0', 'in-addr.arpa'],
  ])('%s is %s', (cidr, zone) => {
    expect(reverseZone(cidr)).toBe(zone);
  });
});

describe('a size', () => {
  it('is its number times its unit', () => {
    const units = [
      ['', 0],
      ['KiB', 10],
      ['mib', 20],
      ['GIB', 30],
    ] as const;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4096 }), fc.constantFrom(...units), (count, [unit, power]) => {
        expect(bytes(0, 2 ** 50).parse(`${count}${unit}`)).toBe(count * 2 ** power);
      }),
    );
  });
});

describe('any text at all', () => {
  it('is an option or a mistake that names its flag, never another throw', () => {
    const names = fc.constantFrom(
      'ttl',
      'zone',
      'listen',
      'http',
      'tableSize',
      'registry',
      'serverId',
      'chaos',
    );
    fc.assert(
      fc.property(names, fc.string({ unit: 'binary' }), (name, text) => {
        try {
          loadOptions({ [name]: text }, {});
        } catch (error) {
          expect(error).toBeInstanceOf(FingerpostError);
          expect((error as Error).message).toMatch(/^--[a-z-]+: read /);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a suggestion', () => {
  const known = ['listen', 'zone', 'negative-ttl', 'http'];

  it('is the word itself for one slip of the finger', () => {
    fc.assert(
      fc.property(fc.constantFrom(...known), fc.nat(), (word, at) => {
        const i = at % word.length;
        expect(suggestion(word.slice(0, i) + word.slice(i + 1), known)).toBe(word);
        expect(suggestion(`${word.slice(0, i)}x${word.slice(i)}`, known)).toBe(word);
      }),
    );
  });

  it('is nothing for a word that is far from all', () => {
    expect(suggestion('colour', known)).toBeUndefined();
  });
});
