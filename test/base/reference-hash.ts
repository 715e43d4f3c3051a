// HalfSipHash with 64 bits of output, written step by step from the published algorithm (SipHash, Aumasson and Bernstein
// 2012; its 32-bit variant, 2016), slow and with whole numbers only.

type State = [bigint, bigint, bigint, bigint];

const MASK = 0xffffffffn;

function rotl(word: bigint, by: bigint): bigint {
  return ((word << by) | (word >> (32n - by))) & MASK;
}

function sipRound([v0, v1, v2, v3]: State): State {
  let [a, b, c, d] = [v0, v1, v2, v3];
  a = (a + b) & MASK;
  b = rotl(b, 5n) ^ a;
  a = rotl(a, 16n);
  c = (c + d) & MASK;
  d = rotl(d, 8n) ^ c;
  a = (a + d) & MASK;
  d = rotl(d, 7n) ^ a;
  c = (c + b) & MASK;
  b = rotl(b, 13n) ^ c;
  c = rotl(c, 16n);
  return [a, b, c, d];
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((word, byte) => (word << 8n) | BigInt(byte), 0n);
}

function sipRounds(count: number, state: State): State {
  return count === 0 ? state : sipRounds(count - 1, sipRound(state));
}

/** The two output words, low first, unsigned; `c` rounds for every word and `d` at the end. */
export function halfSipHash(
  c: number,
  d: number,
  key: readonly [number, number],
  bytes: Uint8Array,
): [number, number] {
  const k0 = BigInt(key[0] >>> 0);
  const k1 = BigInt(key[1] >>> 0);
  let state: State = [k0, k1 ^ 0xeen, 0x6c796765n ^ k0, 0x74656462n ^ k1];
  const whole = bytes.length - (bytes.length % 4);
  const words: bigint[] = [];
  for (let i = 0; i < whole; i += 4) words.push(littleEndian(bytes.subarray(i, i + 4)));
  words.push((BigInt(bytes.length & 0xff) << 24n) | littleEndian(bytes.subarray(whole)));
  for (const word of words) {
    state[3] ^= word;
    state = sipRounds(c, state);
    state[0] ^= word;
  }
  state[2] ^= 0xeen;
  state = sipRounds(d, state);
  const low = Number(state[1] ^ state[3]);
  state[1] ^= 0xddn;
  state = sipRounds(d, state);
  return [low, Number(state[1] ^ state[3])];
}
