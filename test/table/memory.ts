// Tables small enough to be full after a handful of answers, with a known hash key.
import { Control, MAX_READERS, Slot, type TableMemory } from '../../src/table/layout.ts';
import { sharedNetworksMemory } from '../../src/wire/shared-networks.ts';
import { Zones } from '../../src/zone/zones.ts';

export interface Shape {
  /** A power of two. */
  readonly slots?: number;
  /** Bytes of each of the 64 segments of the arena. */
  readonly segment?: number;
  /** Slots of the largest set of names, a power of two from 1024. */
  readonly names?: number;
  readonly zones?: Zones;
  readonly key?: readonly [number, number];
}

const SEGMENTS = 64;

export function smallMemory(shape: Shape = {}): TableMemory {
  const { slots = 64, segment = 1024, names = 1024, key = [0x01020304, 0x0a0b0c0d] } = shape;
  const zones = shape.zones ?? new Zones([{ name: 'z' }]);
  const zoneNames = Buffer.concat(zones.all.map((zone) => zone.name));
  const shared = new SharedArrayBuffer(zoneNames.length);
  new Uint8Array(shared).set(zoneNames);
  return {
    control: new SharedArrayBuffer((Control.READERS + MAX_READERS * Control.READER_STRIDE) * 4),
    slots: new SharedArrayBuffer(slots * Slot.WORDS * 4),
    arena: new SharedArrayBuffer(segment * SEGMENTS),
    names: new SharedArrayBuffer(names * 2 * 8),
    zoneNames: shared,
    zoneWords: zones.words.buffer as SharedArrayBuffer,
    served: sharedNetworksMemory(),
    hashKey: { k0: key[0], k1: key[1] },
    madeAt: Math.floor(Date.now() / 1000),
  };
}
