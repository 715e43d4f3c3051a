// Every address to a small number: networks compiled into one sorted row of where the number changes, found by halving.
import { Client } from '../wire/client.ts';
import type { Network } from '../wire/network.ts';

/** An entry: the first address it holds for, as in `Client`, and the number. */
const STRIDE = 5;
const VALUE = 4;

const ADDRESSES = 1n << 128n;
/** IPv4 within the addresses: `::/0` and the like do not hold there (wire/network.ts). */
const IPV4: Network = { words: Int32Array.of(0, 0, 0xffff, 0), bits: 96 };

function firstOf({ words }: Network): bigint {
  return words.reduce((sum, word) => (sum << 32n) | BigInt(word >>> 0), 0n);
}

function wordsOf(address: bigint): number[] {
  return [96n, 64n, 32n, 0n].map((shift) => Number(BigInt.asIntN(32, address >> shift)));
}

/** The row for `numberOf`, which may change at the edges of `networks` and nowhere else. */
export function compileNetworks(
  networks: readonly Network[],
  numberOf: (client: Client) => number,
): readonly number[] {
  const edges = new Set([0n]);
  for (const network of [IPV4, ...networks]) {
    edges.add(firstOf(network));
    edges.add(firstOf(network) + (1n << BigInt(128 - network.bits)));
  }
  edges.delete(ADDRESSES);
  const row: number[] = [];
  const client = new Client();
  for (const edge of [...edges].sort((a, b) => (a < b ? -1 : 1))) {
    const words = wordsOf(edge);
    client.words.set(words);
    const value = numberOf(client);
    if (row.at(-1) !== value) row.push(...words, value);
  }
  return row;
}

/** The most numbers that a row for so many networks has. */
export function longestRow(networks: number): number {
  return (2 * networks + 3) * STRIDE;
}

/** The number of a client's address in the row of `length` numbers that begins at `place` of `words`. */
export function findNetwork(words: Int32Array, place: number, length: number, client: Client): number {
  let low = 0;
  let high = length / STRIDE;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (isBefore(client, words, place + middle * STRIDE)) high = middle;
    else low = middle;
  }
  return words[place + low * STRIDE + VALUE] as number;
}

function isBefore(client: Client, words: Int32Array, entry: number): boolean {
  for (let i = 0; i < 4; i++) {
    const own = (client.words[i] as number) >>> 0;
    const first = (words[entry + i] as number) >>> 0;
    if (own !== first) return own < first;
  }
  return false;
}
