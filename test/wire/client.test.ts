// A client's address: from text, from the system's bytes, and back; and the networks that it lies in.
import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv4Bytes, ipv6Bytes, ipv6Text } from '../../src/wire/address.ts';
import { Client } from '../../src/wire/client.ts';
import { inAnyNetwork, inNetwork, type Network, networkFromText } from '../../src/wire/network.ts';
import { holds } from '../support/property.ts';

function client(text: string): Client {
  const made = new Client();
  made.setText(text);
  return made;
}

function network(text: string): Network {
  const read = networkFromText(text);
  if (typeof read === 'string') throw new RangeError(read);
  return read;
}

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const v4 = bytes(4).map((b) => b.join('.'));
const v6 = bytes(16).map((b) => ipv6Text(b));

describe('a client', () => {
  it('is the same from text and from bytes, and its text is the address again', () => {
    holds(
      fc.property(fc.oneof(v4, v6), (text) => {
        const fromText = client(text);
        const fromBytes = new Client();
        const four = ipv4Bytes(text);
        if (four !== undefined) fromBytes.setIpv4(Buffer.concat([Buffer.of(1, 2, 3), four]), 3);
        else fromBytes.setIpv6(Buffer.concat([Buffer.of(1), ipv6Bytes(text)!]), 1);
        expect(fromBytes.words).toEqual(fromText.words);
        expect(fromText.text()).toBe(text);
        expect(fromText.isIpv4).toBe(four !== undefined);
      }),
    );
  });

  it('is set anew whole', () => {
    const one = client('2001:db8::1');
    one.setText('192.0.2.255');
    expect([...one.words]).toEqual([0, 0, 0xffff, 0xc00002ff | 0]);
    one.setText('fe80::1%eth0');
    expect(one.text()).toBe('fe80::1');
    one.setText('::ffff:192.0.2.1');
    expect([one.text(), one.isIpv4]).toEqual(['192.0.2.1', true]);
    one.setText('no:address');
    expect([...one.words]).toEqual([0, 0, 0, 0]);
  });
});

describe('a network', () => {
  it('holds the clients that its first bits are of', () => {
    const written = fc.oneof(
      fc.tuple(fc.constant('ipv4' as const), v4, v4, fc.nat(32)),
      fc.tuple(fc.constant('ipv6' as const), v6, v6, fc.nat(128)),
    );
    holds(
      fc.property(written, fc.nat(128), ([family, text, other, length], flip) => {
        const address = (family === 'ipv4' ? ipv4Bytes(text) : ipv6Bytes(text))!;
        const base = address.map((byte, i) => byte & (0xff00 >>> Math.max(0, Math.min(8, length - i * 8))));
        const textOf = (b: Uint8Array) => (family === 'ipv4' ? b.join('.') : ipv6Text(b));
        const ours = network(`${textOf(base)}/${length}`);
        const theirs = new BlockList();
        theirs.addSubnet(textOf(base), length, family);
        const near = Uint8Array.from(base);
        near[(flip >> 3) % near.length]! ^= 1 << (flip & 7);
        for (const asked of [text, other, textOf(near)])
          expect([asked, inNetwork(ours, client(asked))]).toEqual([asked, theirs.check(asked, family)]);
      }),
    );
  });

  it('of the other family holds nobody', () => {
    expect(inNetwork(network('::/0'), client('10.0.0.1'))).toBe(false);
    expect(inNetwork(network('::/0'), client('fd00::1'))).toBe(true);
    expect(inNetwork(network('0.0.0.0/0'), client('fd00::1'))).toBe(false);
    expect(inNetwork(network('0.0.0.0/0'), client('10.0.0.1'))).toBe(true);
    expect(inNetwork(network('::ffff:10.0.0.0/104'), client('10.0.0.1'))).toBe(true);
  });

  it('may be a plain address', () => {
    const networks = [network('10.0.0.1'), network('fd00::1')];
    const asked = ['10.0.0.1', '10.0.0.2', 'fd00::1', 'fd00::2', '::1'];
    expect(asked.filter((text) => inAnyNetwork(networks, client(text)))).toEqual(['10.0.0.1', 'fd00::1']);
    expect(inAnyNetwork([], client('10.0.0.1'))).toBe(false);
  });

  it.each([
    ['', '"" is not an IP address'],
    ['example.org', '"example.org" is not an IP address'],
    ['10.0.0/8', '"10.0.0" is not an IP address'],
    ['10.0.0.0/', '"/" is not a prefix length from /0 to /32'],
    ['10.0.0.0/33', '"/33" is not a prefix length from /0 to /32'],
    ['10.0.0.0/8/8', '"/8/8" is not a prefix length from /0 to /32'],
    ['fd00::/129', '"/129" is not a prefix length from /0 to /128'],
    ['10.0.0.1/8', '10.0.0.1 has bits set beyond /8'],
    ['fd00::1/127', 'fd00::1 has bits set beyond /127'],
  ])('%j is none', (text, why) => {
    expect(networkFromText(text)).toBe(why);
  });
});
