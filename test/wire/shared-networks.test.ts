// A list of networks that threads share: followed by all when it changes, and nobody is in it meanwhile.
import { expect, it } from 'vitest';
import { Client } from '../../src/wire/client.ts';
import { type Network, networkFromText } from '../../src/wire/network.ts';
import { MAX_NETWORKS, SharedNetworks, sharedNetworksMemory } from '../../src/wire/shared-networks.ts';

const network = (text: string): Network => networkFromText(text) as Network;

function has(list: SharedNetworks, text: string): boolean {
  const client = new Client();
  client.setText(text);
  return list.has(client);
}

it('is empty at first, then what was written last', () => {
  const memory = sharedNetworksMemory();
  const writer = new SharedNetworks(memory);
  const reader = new SharedNetworks(memory);
  const held = () => ['10.0.0.1', '11.0.0.1', 'fd00::1'].filter((text) => has(reader, text));
  expect(held()).toEqual([]);
  writer.replace([network('10.0.0.0/8'), network('fd00::/8')]);
  expect(held()).toEqual(['10.0.0.1', 'fd00::1']);
  writer.replace([network('11.0.0.0/8')]);
  expect(held()).toEqual(['11.0.0.1']);
  expect(has(writer, '11.0.0.1')).toBe(true);
  writer.replace([]);
  expect(held()).toEqual([]);
});

it('holds as many as there is room for', () => {
  const list = new SharedNetworks(sharedNetworksMemory());
  list.replace(Array.from({ length: MAX_NETWORKS + 5 }, (_, i) => network(`10.0.${i >> 8}.${i & 255}`)));
  expect(has(list, `10.0.${(MAX_NETWORKS - 1) >> 8}.${(MAX_NETWORKS - 1) & 255}`)).toBe(true);
  expect(has(list, `10.0.${MAX_NETWORKS >> 8}.${MAX_NETWORKS & 255}`)).toBe(false);
});

it('holds nobody while it is being written, and is read again afterwards', () => {
  const memory = sharedNetworksMemory();
  const list = new SharedNetworks(memory);
  list.replace([network('0.0.0.0/0')]);
  const words = new Int32Array(memory);
  words[0]! += 1;
  expect([has(list, '10.0.0.1'), has(list, '10.0.0.1')]).toEqual([false, false]);
  words[0]! += 1;
  expect(has(list, '10.0.0.1')).toBe(true);
});
