// Every offset of the memory that the main thread writes and the workers read without locks.
import { randomBytes } from 'node:crypto';
import type { HashKey } from '../base/hash.ts';
import { sharedNetworksMemory } from '../wire/shared-networks.ts';

/** Threads that may read at once, for all addresses together. */
export const MAX_READERS = 1024;
/** What a reader that holds no reference has noted: whatever epoch it is, it has passed. */
export const IDLE = 0;
/** Epochs are even, so what a reader notes, its epoch and one, is never IDLE; they wrap at 32 bits, so only differences count. */
export const EPOCH_STEP = 2;

/** Words of `control`. Each reader's epoch has a cache line (16 words) of its own. */
export const Control = {
  EPOCH: 0,
  NAMES_SLOTS: 1,
  NAMES_VERSION: 2,
  /** How many of the names are wildcards. */
  WILDCARDS: 3,
  /** How many names are open: below them others may know names that are not in the set. */
  OPEN: 4,
  READERS: 16,
  READER_STRIDE: 16,
} as const;

/** A slot: the hash of a key (hash.ts, `keyHash`), then where its entry begins in the arena in units of 4 bytes; 0 where it is free. */
export const Slot = { HASH: 0, ENTRY: 1, WORDS: 2 } as const;

/** An entry, 4-byte aligned; the key and the compiled answer follow its head. Words are in the machine's own order. */
export const Entry = {
  HASH: 0,
  /** Number under which the writer knows it. */
  NUMBER: 4,
  /** Length of the whole entry in bytes. */
  LENGTH: 8,
  /** Second (since the table was made) from which on it is not served; 0 for never. */
  EXPIRY: 12,
  /** Length of the key in bytes (16 bits). */
  KEY_LENGTH: 16,
  /** 1 when it was read since the writer last looked. */
  USED: 18,
  KEY: 20,
} as const;

/** The memory of one table, all of it shared. */
export interface TableMemory {
  readonly control: SharedArrayBuffer;
  readonly slots: SharedArrayBuffer;
  readonly arena: SharedArrayBuffer;
  /** Fingerprints of the names that exist. */
  readonly names: SharedArrayBuffer;
  /** Names of the zones, one after the other in wire form. */
  readonly zoneNames: SharedArrayBuffer;
  /** Words of the zones: see wire/negative.ts. */
  readonly zoneWords: SharedArrayBuffer;
  /** The networks whose clients may have answers of other servers: see wire/shared-networks.ts. */
  readonly served: SharedArrayBuffer;
  readonly hashKey: HashKey;
  /** When it was made, in seconds since 1970: expiry is counted from there. */
  readonly madeAt: number;
}

/** Bytes of arena per slot that are planned for: an address answer with its key takes about 100, and half the slots stay free. */
const ARENA_PER_SLOT = 64;
/** The most names whose fingerprints are kept; beyond it every unknown name goes to the main thread. */
const MAX_NAMES = 1 << 24;

function shared(bytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(bytes);
}

/** The greatest power of two that is not greater. */
function powerBelow(n: number): number {
  return 2 ** Math.floor(Math.log2(n));
}

/**
 * Lays a table of about `bytes` out. The names' memory is reserved for the most there may be; the system gives it out
 * page by page as it is written, so it costs what is used.
 */
export function layOutTable(
  bytes: number,
  zoneNames: SharedArrayBuffer,
  zoneWords: SharedArrayBuffer,
): TableMemory {
  const slots = powerBelow(Math.max(1024, bytes / (ARENA_PER_SLOT + Slot.WORDS * 4)));
  const random = randomBytes(8);
  return {
    control: shared((Control.READERS + MAX_READERS * Control.READER_STRIDE) * 4),
    slots: shared(slots * Slot.WORDS * 4),
    arena: shared(Math.max(1 << 20, (bytes - slots * Slot.WORDS * 4) & ~3)),
    names: shared(MAX_NAMES * 2 * 2 * 8),
    zoneNames,
    zoneWords,
    served: sharedNetworksMemory(),
    madeAt: Math.floor(Date.now() / 1000),
    hashKey: { k0: random.readInt32LE(0), k1: random.readInt32LE(4) },
  };
}
