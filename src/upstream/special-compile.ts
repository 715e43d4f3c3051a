// The answer to a name that never leaves, laid out as the answers from zones are.
import { Class, HEADER_LENGTH } from '../wire/codes.ts';
import { layOut } from '../wire/compiled.ts';
import { writeRecord } from '../wire/message.ts';
import type { Name } from '../wire/name.ts';
import type { Rdata } from '../wire/rdata.ts';
import { Writer } from '../wire/writer.ts';
import { SPECIAL_TTL, type Special, specialSoa } from './special.ts';

/** More than an SOA with three names of 255 bytes takes. */
const ROOM = 1024;

/** Compiles (wire/compiled.ts) what `special` said of a question's name. It is true for ever. */
export function compileSpecial(name: Name, { rcode, zone, answers }: Special): Uint8Array {
  const start = HEADER_LENGTH + name.length + 4;
  const writer = new Writer(new Uint8Array(start + ROOM), start);
  writer.compressAgainst(name);
  const records: { owner: Name; rdata: Rdata }[] = answers.map((rdata) => ({ owner: name, rdata }));
  if (answers.length === 0) records.push({ owner: zone, rdata: specialSoa(zone) });
  const offsets = records.map(({ owner, rdata }) => {
    const offset = writer.mark() - start;
    writeRecord(writer, owner, Class.IN, SPECIAL_TTL, rdata);
    return offset;
  });
  return layOut({
    rcode,
    authoritative: true,
    answers: answers.length,
    authority: answers.length === 0 ? 1 : 0,
    additional: 0,
    alternatives: 0,
    rotateFrom: 0,
    rotateCount: 0,
    serialAt: -1,
    zone: 0,
    offsets,
    body: writer.buffer.slice(start, writer.mark()),
  });
}
