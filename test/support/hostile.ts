// Hostile DNS packets from a seed: noise, liars, loops and mutants. The same seed gives the same packets.

/** A small generator of random numbers (xorshift32); not for secrets. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 0x9e3779b9;
  }

  /** A whole number from 0 to `sides - 1`. */
  roll(sides: number): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return (state >>> 0) % sides;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.roll(items.length)] as T;
  }

  bytes(length: number): number[] {
    return Array.from({ length }, () => this.roll(256));
  }
}

const TYPES = [1, 2, 5, 6, 12, 13, 15, 16, 28, 33, 41, 250, 255, 65280] as const;
/** Head bytes and numbers at which readers stumble. */
const EDGES = [0, 1, 11, 12, 63, 64, 127, 128, 191, 192, 193, 254, 255] as const;

const u16 = (value: number): number[] => [(value >>> 8) & 0xff, value & 0xff];

/** Two bytes that lead to `target`. */
const pointer = (target: number): number[] => u16(0xc000 | (target & 0x3fff));

function header(dice: Dice, counts: readonly number[]): number[] {
  // Mostly a standard query, so that the packet is read on.
  const flags = dice.roll(8) === 0 ? dice.bytes(2) : [dice.pick([0, 1]), dice.pick([0, 0x10, 0x20])];
  return [...dice.bytes(2), ...flags, ...counts.flatMap(u16)];
}

function name(dice: Dice): number[] {
  const labels = Array.from({ length: dice.roll(6) }, () => {
    const length = dice.roll(12) === 0 ? 63 : 1 + dice.roll(8);
    return [length, ...Array.from({ length }, () => dice.pick([0x61, 0x62, 0x41, 0x2e, 0, 0xff]))];
  });
  return [...labels.flat(), 0];
}

function question(dice: Dice): number[] {
  return [...name(dice), ...u16(dice.pick(TYPES)), ...u16(dice.pick([1, 1, 1, 3, 255]))];
}

function record(owner: readonly number[], type: number, dice: Dice, rdata: readonly number[]): number[] {
  return [...owner, ...u16(type), ...u16(1), ...dice.bytes(4), ...u16(rdata.length), ...rdata];
}

function opt(dice: Dice): number[] {
  const options = Array.from({ length: dice.roll(3) }, () => {
    const data = dice.bytes(dice.roll(12));
    return [...u16(dice.pick([3, 8, 10, 12, 65001])), ...u16(data.length), ...data];
  }).flat();
  const ttl = [0, dice.pick([0, 0, 0, 1]), dice.pick([0, 0x80]), 0];
  const size = dice.pick([0, 511, 512, 1232, 4096, 65535]);
  return [0, ...u16(41), ...u16(size), ...ttl, ...u16(options.length), ...options];
}

/** A query that is in order. */
function sound(dice: Dice): number[] {
  const additional = [
    ...(dice.roll(2) === 0 ? [opt(dice)] : []),
    ...(dice.roll(4) === 0 ? [record(name(dice), 250, dice, dice.bytes(dice.roll(30)))] : []),
  ];
  return [...header(dice, [1, 0, 0, additional.length]), ...question(dice), ...additional.flat()];
}

/** RDATA of a type that holds names, the names pointing anywhere. */
function wild(dice: Dice): number[] {
  const records = 1 + dice.roll(12);
  const target = () => pointer(dice.roll(3) === 0 ? dice.roll(0x4000) : 12 + dice.roll(200));
  const packet = [...header(dice, [1, records, 0, 0]), ...question(dice)];
  for (let i = 0; i < records; i++) {
    // Its own place, the next pointer, the last byte, somewhere.
    const own = pointer(packet.length + dice.pick([0, 1, 2, -2, 10, 12]));
    const label = dice.roll(2) === 0 ? [1, 0x61] : [];
    const rdata = [...(dice.roll(2) === 0 ? [0, 10] : []), ...label, ...target()];
    packet.push(...record([...label, ...dice.pick([own, target()])], dice.pick(TYPES), dice, rdata));
  }
  return packet;
}

/** Changes, inserts or takes out a few bytes. */
function mutate(dice: Dice, bytes: readonly number[]): number[] {
  const packet = [...bytes];
  for (let times = 1 + dice.roll(6); times > 0; times--) {
    const place = dice.roll(packet.length + 1);
    const byte = dice.roll(2) === 0 ? dice.pick(EDGES) : dice.roll(256);
    packet.splice(place, dice.roll(2), ...(dice.roll(3) === 0 ? [] : [byte]));
  }
  return packet;
}

const KINDS: readonly ((dice: Dice) => number[])[] = [
  (dice) => dice.bytes(dice.roll(64)),
  (dice) => [...header(dice, [1, 0, 0, dice.roll(3)]), ...dice.bytes(dice.roll(300))],
  (dice) => [...header(dice, dice.bytes(4)), ...sound(dice).slice(12)],
  sound,
  wild,
  (dice) => mutate(dice, wild(dice)),
  (dice) => mutate(dice, sound(dice)),
  (dice) => mutate(dice, sound(dice)),
  (dice) => [...sound(dice), ...dice.bytes(1 + dice.roll(20))],
  (dice) => {
    const packet = sound(dice);
    return packet.slice(0, dice.roll(packet.length));
  },
];

/** Packets without end. About one in six is a query in order; none may do harm. */
export function* hostilePackets(seed: number): Generator<Uint8Array, never> {
  const dice = new Dice(seed);
  for (;;) yield Uint8Array.from(dice.pick(KINDS)(dice));
}
