// A list of networks in memory that threads share: one writes it, all look clients up in it.
import type { Client } from './client.ts';
import { inAnyNetwork, type Network } from './network.ts';

/** The most networks of one list. */
export const MAX_NETWORKS = 1000;

/** Words: a version that is odd while the list is being written, how many networks there are, then each of them. */
const VERSION = 0;
const COUNT = 1;
const FIRST = 2;
/** Bits that count, and the four words of the address. */
const STRIDE = 5;

export function sharedNetworksMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer((FIRST + MAX_NETWORKS * STRIDE) * 4);
}

export class SharedNetworks {
  readonly #words: Int32Array;
  /** This thread's copy, and of which version it is. */
  #networks: readonly Network[] = [];
  #version = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  /** Writes the list anew; threads follow with their next question. For one thread; at most MAX_NETWORKS. */
  replace(networks: readonly Network[]): void {
    const words = this.#words;
    const listed = networks.slice(0, MAX_NETWORKS);
    Atomics.add(words, VERSION, 1);
    Atomics.store(words, COUNT, listed.length);
    for (const [i, network] of listed.entries()) {
      const at = FIRST + i * STRIDE;
      Atomics.store(words, at, network.bits);
      for (const [word, value] of network.words.entries()) Atomics.store(words, at + 1 + word, value);
    }
    Atomics.add(words, VERSION, 1);
  }

  /** Whether the client lies in one of the networks. */
  has(client: Client): boolean {
    // A plain load, which is inlined where the atomic one is a call: a change is seen a question later at worst.
    if (this.#words[VERSION] !== this.#version) this.#read();
    return this.#networks.length > 0 && inAnyNetwork(this.#networks, client);
  }

  /** Allocates, but only when the list has changed. While it is being written nobody is in it. */
  #read(): void {
    const words = this.#words;
    const version = Atomics.load(words, VERSION);
    const count = Atomics.load(words, COUNT);
    const networks = Array.from({ length: (version & 1) === 0 ? count : 0 }, (_, i): Network => {
      const at = FIRST + i * STRIDE;
      const address = Int32Array.from([1, 2, 3, 4], (word) => Atomics.load(words, at + word));
      return { words: address, bits: Atomics.load(words, at) };
    });
    const isWhole = (version & 1) === 0 && Atomics.load(words, VERSION) === version;
    this.#networks = isWhole ? networks : [];
    // An odd one is never met again once the writer is done, so that it is read anew then.
    this.#version = version | (isWhole ? 0 : 1);
  }
}
