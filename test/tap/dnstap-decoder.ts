// A decoder of dnstap, written from protobuf's description of its wire format and dnstap.proto, for tests.

/** Fields by number; the last of several counts. */
export type Fields = ReadonlyMap<number, number | Buffer>;

function varint(bytes: Buffer, start: number): readonly [value: number, end: number] {
  let value = 0n;
  for (let i = start; ; i++) {
    const byte = bytes[i]!;
    value |= BigInt(byte & 0x7f) << BigInt(7 * (i - start));
    if (byte < 0x80) return [Number(value), i + 1];
  }
}

export function fieldsOf(bytes: Buffer): Fields {
  const fields = new Map<number, number | Buffer>();
  for (let at = 0; at < bytes.length; ) {
    const [tag, start] = varint(bytes, at);
    const [field, type] = [Math.floor(tag / 8), tag % 8];
    if (type === 0) {
      const [value, end] = varint(bytes, start);
      fields.set(field, value);
      at = end;
    } else if (type === 2) {
      const [length, from] = varint(bytes, start);
      if (from + length > bytes.length) throw new RangeError('a field ends behind its message');
      fields.set(field, bytes.subarray(from, from + length));
      at = from + length;
    } else if (type === 5) {
      fields.set(field, bytes.readUInt32LE(start));
      at = start + 4;
    } else {
      throw new RangeError(`wire type ${type}`);
    }
  }
  return fields;
}

/** The fields of Dnstap and of the Message in it. */
export function decode(frame: Buffer): { whole: Fields; message: Fields } {
  const whole = fieldsOf(frame);
  return { whole, message: fieldsOf(whole.get(14) as Buffer) };
}
