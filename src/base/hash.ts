// A keyed hash, so that nobody outside can aim collisions: HalfSipHash-1-3 (Aumasson, Bernstein: SipHash, 2012) with 64 bits out.

/** Two random words, new in every process. */
export interface HashKey {
  readonly k0: number;
  readonly k1: number;
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/**
 * The hash of an answer's key: that of its name, the type mixed in. Nobody outside knows the former, so the latter need
 * not be keyed.
 */
export function keyHash(nameHash: number, type: number): number {
  return nameHash ^ Math.imul(type, 0x9e3779b1);
}

/** Hashes bytes into two signed 32-bit words, kept in `low` and `high` until the next call: nothing is allocated. */
export class Hasher {
  low = 0;
  high = 0;
  readonly #k0: number;
  readonly #k1: number;

  constructor(key: HashKey) {
    this.#k0 = key.k0 | 0;
    this.#k1 = key.k1 | 0;
  }

  /** Hashes `bytes` from `start` up to `end`. */
  run(bytes: Uint8Array, start: number, end: number): void {
    let v0 = this.#k0;
    let v1 = this.#k1 ^ 0xee;
    let v2 = 0x6c796765 ^ this.#k0;
    let v3 = 0x74656462 ^ this.#k1;
    const words = start + ((end - start) & ~3);
    // The last turn takes what is left and the length; the three finishing rounds and the second word follow.
    for (let i = start; ; i += 4) {
      const last = i === words;
      const word = last ? tail(bytes, i, end, end - start) : word32(bytes, i);
      v3 ^= word;
      v0 = (v0 + v1) | 0;
      v2 = (v2 + v3) | 0;
      v1 = rotate(v1, 5) ^ v0;
      v3 = rotate(v3, 8) ^ v2;
      v0 = (rotate(v0, 16) + v3) | 0;
      v2 = (v2 + v1) | 0;
      v3 = rotate(v3, 7) ^ v0;
      v1 = rotate(v1, 13) ^ v2;
      v2 = rotate(v2, 16);
      v0 ^= word;
      if (last) break;
    }
    this.#finish(v0, v1, v2 ^ 0xee, v3);
  }

  #finish(a: number, b: number, c: number, d: number): void {
    let v0 = a;
    let v1 = b;
    let v2 = c;
    let v3 = d;
    for (let round = 0; round < 6; round++) {
      if (round === 3) {
        this.low = v1 ^ v3;
        v1 ^= 0xdd;
      }
      v0 = (v0 + v1) | 0;
      v2 = (v2 + v3) | 0;
      v1 = rotate(v1, 5) ^ v0;
      v3 = rotate(v3, 8) ^ v2;
      v0 = (rotate(v0, 16) + v3) | 0;
      v2 = (v2 + v1) | 0;
      v3 = rotate(v3, 7) ^ v0;
      v1 = rotate(v1, 13) ^ v2;
      v2 = rotate(v2, 16);
    }
    this.high = v1 ^ v3;
  }
}

/** The byte at `i`, which the caller knows to lie inside. */
function at(bytes: Uint8Array, i: number): number {
  return bytes[i] as number;
}

function word32(bytes: Uint8Array, i: number): number {
  return at(bytes, i) | (at(bytes, i + 1) << 8) | (at(bytes, i + 2) << 16) | (at(bytes, i + 3) << 24);
}

function tail(bytes: Uint8Array, start: number, end: number, length: number): number {
  let word = length << 24;
  for (let i = start; i < end; i++) word |= at(bytes, i) << ((i - start) * 8);
  return word;
}
