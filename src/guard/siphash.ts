// SipHash-2-4 (Aumasson, Bernstein: SipHash, 2012), the keyed hash of DNS cookies (RFC 9018 4.4): 64-bit words in halves.

/** The bytes of a secret. */
export const SECRET_LENGTH = 16;

/** "somepseudorandomlygeneratedbytes" as the paper has it: what the key is mixed with. */
const INITIAL = Int32Array.of(
  ...[0x70736575, 0x736f6d65, 0x6e646f6d, 0x646f7261, 0x6e657261, 0x6c796765, 0x79746573, 0x74656462],
);

/** Hashes bytes; the two halves of the hash stay in `low` and `high` until the next call. Nothing is allocated. */
export class SipHash {
  low = 0;
  high = 0;
  /** v0 to v3 as they are before anything is hashed, of each the low half and then the high one. */
  readonly #start = new Int32Array(8);

  /** `keys` holds four words at `place`, as `keyWords` makes them. */
  setKey(keys: Int32Array, place: number): void {
    for (let i = 0; i < 8; i++) this.#start[i] = (INITIAL[i] as number) ^ (keys[place + (i & 3)] as number);
  }

  /** Hashes `length` bytes, given as words in little-endian order, the last of them filled up with zeros. */
  run(words: Int32Array, length: number): void {
    const start = this.#start;
    let v0 = start[0] as number;
    let V0 = start[1] as number;
    let v1 = start[2] as number;
    let V1 = start[3] as number;
    let v2 = start[4] as number;
    let V2 = start[5] as number;
    let v3 = start[6] as number;
    let V3 = start[7] as number;
    // Each turn takes 8 bytes, the last one what is left and the length; then the finishing rounds.
    const last = length >>> 3;
    for (let turn = 0; turn <= last + 1; turn++) {
      let low = 0;
      let high = 0;
      let rounds = 2;
      if (turn < last || (turn === last && (length & 7) > 0)) low = words[turn * 2] as number;
      if (turn < last || (turn === last && (length & 7) > 4)) high = words[turn * 2 + 1] as number;
      if (turn === last) high |= length << 24;
      if (turn > last) {
        v2 ^= 0xff;
        rounds = 4;
      }
      v3 ^= low;
      V3 ^= high;
      for (; rounds > 0; rounds--) {
        // v0 += v1; v1 <<<= 13; v1 ^= v0; v0 <<<= 32
        v0 = (v0 + v1) | 0;
        V0 = (V0 + V1 + carry(v0, v1)) | 0;
        let held = (v1 << 13) | (V1 >>> 19);
        V1 = ((V1 << 13) | (v1 >>> 19)) ^ V0;
        v1 = held ^ v0;
        held = v0;
        v0 = V0;
        V0 = held;
        // v2 += v3; v3 <<<= 16; v3 ^= v2
        v2 = (v2 + v3) | 0;
        V2 = (V2 + V3 + carry(v2, v3)) | 0;
        held = (v3 << 16) | (V3 >>> 16);
        V3 = ((V3 << 16) | (v3 >>> 16)) ^ V2;
        v3 = held ^ v2;
        // v0 += v3; v3 <<<= 21; v3 ^= v0
        v0 = (v0 + v3) | 0;
        V0 = (V0 + V3 + carry(v0, v3)) | 0;
        held = (v3 << 21) | (V3 >>> 11);
        V3 = ((V3 << 21) | (v3 >>> 11)) ^ V0;
        v3 = held ^ v0;
        // v2 += v1; v1 <<<= 17; v1 ^= v2; v2 <<<= 32
        v2 = (v2 + v1) | 0;
        V2 = (V2 + V1 + carry(v2, v1)) | 0;
        held = (v1 << 17) | (V1 >>> 15);
        V1 = ((V1 << 17) | (v1 >>> 15)) ^ V2;
        v1 = held ^ v2;
        held = v2;
        v2 = V2;
        V2 = held;
      }
      v0 ^= low;
      V0 ^= high;
    }
    this.low = v0 ^ v1 ^ v2 ^ v3;
    this.high = V0 ^ V1 ^ V2 ^ V3;
  }
}

/** Of two words added: whether their sum came out less than one of them (without a comparison, which costs more). */
function carry(sum: number, added: number): 0 | 1 {
  return (((added & ~sum) | ((added | ~sum) & (sum - added))) >>> 31) as 0 | 1;
}

/** A key as words. */
export function keyWords(secret: Uint8Array): Int32Array {
  const view = new DataView(secret.buffer, secret.byteOffset, SECRET_LENGTH);
  return Int32Array.from({ length: SECRET_LENGTH / 4 }, (_, i) => view.getInt32(i * 4, true));
}
