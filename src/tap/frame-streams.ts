// Frame Streams (farsightsec/fstrm): frames of bytes with their length in front; those of length 0 begin control frames.

export const Control = { ACCEPT: 1, START: 2, STOP: 3, READY: 4, FINISH: 5 } as const;

const CONTENT_TYPE = 1;
/** A control frame is at most so long, by the specification. */
export const MOST_CONTROL = 512;

/** A control frame as it goes over the wire; `contentType` where it names one. */
export function controlFrame(type: number, contentType?: string): Buffer {
  const name = contentType === undefined ? undefined : Buffer.from(contentType);
  const length = 4 + (name === undefined ? 0 : 8 + name.length);
  const frame = Buffer.alloc(8 + length);
  frame.writeUInt32BE(length, 4);
  frame.writeUInt32BE(type, 8);
  if (name === undefined) return frame;
  frame.writeUInt32BE(CONTENT_TYPE, 12);
  frame.writeUInt32BE(name.length, 16);
  name.copy(frame, 20);
  return frame;
}

/** A control frame that was read. */
export interface ControlRead {
  readonly type: number;
  readonly contentTypes: readonly string[];
  /** Bytes that it took. */
  readonly length: number;
}

/** The control frame at the beginning of `bytes`; undefined while it is not whole, `bad` where it is none. */
export function readControl(bytes: Buffer): ControlRead | 'bad' | undefined {
  if (bytes.length < 8) return undefined;
  const length = bytes.readUInt32BE(4);
  if (bytes.readUInt32BE(0) !== 0 || length < 4 || length > MOST_CONTROL) return 'bad';
  const end = 8 + length;
  if (bytes.length < end) return undefined;
  const contentTypes: string[] = [];
  let at = 12;
  while (at + 8 <= end) {
    const [field, size] = [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)];
    if (at + 8 + size > end) return 'bad';
    if (field === CONTENT_TYPE) contentTypes.push(bytes.toString('latin1', at + 8, at + 8 + size));
    at += 8 + size;
  }
  return at === end ? { type: bytes.readUInt32BE(8), contentTypes, length: end } : 'bad';
}
