// Networks compiled into one row: every address has the number that going through the networks one by one gives it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileNetworks, findNetwork, longestRow } from '../../src/guard/network-map.ts';
import { Client } from '../../src/wire/client.ts';
import { inNetwork, type Network, networkFromText } from '../../src/wire/network.ts';
import { holds } from '../support/property.ts';

function networks(...texts: readonly string[]): Network[] {
  return texts.map((text) => {
    const network = networkFromText(text);
    if (typeof network === 'string') throw new Error(network);
    return network;
  });
}

function client(text: string): Client {
  const found = new Client();
  found.setText(text);
  return found;
}

/** The place of the first network that holds, from 1; 0 for none. */
function firstThatHolds(all: readonly Network[], asking: Client): number {
  return all.findIndex((network) => inNetwork(network, asking)) + 1;
}

function lookedUp(all: readonly Network[], asking: Client): number {
  const row = compileNetworks(all, (one) => firstThatHolds(all, one));
  expect(row.length).toBeLessThanOrEqual(longestRow(all.length));
  // Not at the beginning of what it lies in.
  return findNetwork(Int32Array.of(7, 7, 7, ...row), 3, row.length, asking);
}

describe('a row', () => {
  it.each([
    ['10.1.2.3', 1],
    ['10.1.2.255', 1],
    ['10.1.3.0', 2],
    ['10.255.255.255', 2],
    ['11.0.0.0', 4],
    ['9.255.255.255', 4],
    ['255.255.255.255', 4],
    ['0.0.0.0', 4],
    ['2001:db8::1', 3],
    ['2001:db8:1::', 0],
    ['::', 0],
    ['::1', 0],
    ['::fffe:ffff:ffff', 0],
    ['::1:0:0:0', 0],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 0],
  ])('finds %s', (text, place) => {
    const all = networks('10.1.2.0/24', '10.0.0.0/8', '2001:db8::/48', '0.0.0.0/0');
    expect(lookedUp(all, client(text))).toBe(place);
  });

  it('of ::/0 leaves IPv4 out, and of 0.0.0.0/0 IPv6', () => {
    const all = networks('::/0');
    expect(lookedUp(all, client('2001:db8::1'))).toBe(1);
    expect(lookedUp(all, client('10.0.0.1'))).toBe(0);
    expect(lookedUp(networks('0.0.0.0/0'), client('2001:db8::1'))).toBe(0);
  });

  it('without networks is one number for all', () => {
    expect(compileNetworks([], () => 5)).toEqual([0, 0, 0, 0, 5]);
  });
});

/** Few different bits, so that networks lie in each other and addresses in them. */
const bytes = (length: number) =>
  fc.array(fc.constantFrom(0, 1, 127, 128, 255), { minLength: length, maxLength: length });

const address = fc.oneof(
  bytes(4).map((all) => all.join('.')),
  bytes(16).map((all) => {
    const groups = Array.from({ length: 8 }, (_, i) => ((all[i * 2]! << 8) | all[i * 2 + 1]!).toString(16));
    return groups.join(':');
  }),
);

const network = fc.tuple(address, fc.nat({ max: 128 })).map(([text, length]): Network => {
  const whole = networks(text)[0]!;
  const least = text.includes(':') ? 0 : 96;
  const bits = Math.max(least, Math.min(length, 128));
  const words = whole.words.map((word, i) => {
    const own = Math.max(0, Math.min(32, bits - i * 32));
    return own === 0 ? 0 : word & (own === 32 ? -1 : ~(0xffffffff >>> own));
  });
  return { words, bits };
});

it('a row finds for every address what the networks say', () => {
  holds(
    fc.property(fc.array(network, { maxLength: 12 }), fc.array(address, { minLength: 1 }), (all, asking) => {
      for (const text of asking) {
        const one = client(text);
        expect(lookedUp(all, one)).toBe(firstThatHolds(all, one));
      }
    }),
  );
});
