// What a reply says beside its code (RFC 8914).

const OPT = 41;
const EXTENDED_ERROR = 15;

/** The info codes of a reply's extended errors. It has one question, and is well formed. */
export function extendedErrors(reply: Buffer): number[] {
  const records = reply.readUInt16BE(6) + reply.readUInt16BE(8) + reply.readUInt16BE(10);
  let place = behindName(reply, 12) + 4;
  for (let i = 0; i < records; i++) {
    const fixed = behindName(reply, place);
    place = fixed + 10 + reply.readUInt16BE(fixed + 8);
    if (reply.readUInt16BE(fixed) === OPT) return codesIn(reply.subarray(fixed + 10, place));
  }
  return [];
}

function behindName(reply: Buffer, start: number): number {
  let place = start;
  for (let head = reply[place] ?? 0; head !== 0; head = reply[place] ?? 0) {
    if (head >= 0xc0) return place + 2;
    place += 1 + head;
  }
  return place + 1;
}

function codesIn(options: Buffer): number[] {
  const codes: number[] = [];
  for (let place = 0; place < options.length; place += 4 + options.readUInt16BE(place + 2))
    if (options.readUInt16BE(place) === EXTENDED_ERROR) codes.push(options.readUInt16BE(place + 4));
  return codes;
}
