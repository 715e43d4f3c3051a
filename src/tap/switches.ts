// What is wanted of the questions that are answered, in memory that all threads share: the main thread sets it, writers look.

/** For whom a record is written, as bits. */
export const Want = { LOG: 1, DNSTAP: 2, TOP: 4 } as const;
/** Kinds of what is lost, by the bits of `Want`. */
export const Lost = { LOG: 0, DNSTAP: 1, TOP: 2 } as const;
/** Beside those bits: nobody reads dnstap just now, and what it misses is only counted. */
export const DEAF = 8;

/** Words. */
export const Switch = {
  /** Bits of `Want`, and DEAF; 0 where nothing is wanted. */
  WANTS: 0,
  /** Which part of all replies the query log and `top` want, of 2^31. */
  LOG_SHARE: 1,
  TOP_SHARE: 2,
  /** Rcodes that the query log wants, as bits; it has no others. */
  LOG_RCODES: 3,
} as const;

/** The whole, as a part of 2^31. */
export const WHOLE = 2 ** 31;
export const ALL_RCODES = 0xffffffff;

export function switchesMemory(): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(64);
  const words = new Uint32Array(memory);
  words[Switch.LOG_SHARE] = WHOLE;
  words[Switch.TOP_SHARE] = WHOLE;
  words[Switch.LOG_RCODES] = ALL_RCODES;
  return memory;
}
