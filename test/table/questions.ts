// Questions as packets and as the tables' keys, put together without the code under test.

export interface Ask {
  readonly name: string;
  readonly type?: number;
  readonly class?: number;
  /** Header flags: RD 0x0100, CD 0x0010. */
  readonly flags?: number;
  /** The client's UDP size; undefined sends no OPT. */
  readonly size?: number | undefined;
  readonly dnssecOk?: boolean;
}

const u16 = (value: number): number[] => [(value >>> 8) & 0xff, value & 0xff];

/** A name in wire form; `.` and the empty text are the root. */
export function wireOf(name: string): Buffer {
  const labels = name === '' || name === '.' ? [] : name.replace(/\.$/, '').split('.');
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label, 'latin1')])),
    Buffer.of(0),
  ]);
}

export function packet(ask: Ask): Buffer {
  const { name, type = 1, flags = 0x0100, size, dnssecOk = false } = ask;
  const opt = size === undefined ? [] : [0, ...u16(41), ...u16(size), 0, 0, dnssecOk ? 0x80 : 0, 0, 0, 0];
  return Buffer.concat([
    Buffer.from([...u16(0xbeef), ...u16(flags), 0, 1, 0, 0, 0, 0, 0, size === undefined ? 0 : 1]),
    wireOf(name),
    Buffer.from([...u16(type), ...u16(ask.class ?? 1), ...opt]),
  ]);
}

/** What an answer to the question is kept under. */
export function keyOf(name: string, type = 1): Buffer {
  return Buffer.concat([wireOf(name.toLowerCase()), Buffer.from(u16(type))]);
}
