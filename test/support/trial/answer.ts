// What a reply says, in one line that can be compared: without any DNS library between us and the server.

const A = 1;
const TXT = 16;
const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

/** Where the name that begins at `at` ends. */
function afterName(reply: Buffer, at: number): number {
  for (let place = at; ; ) {
    const length = reply.readUInt8(place);
    if (length >= 0xc0) return place + 2;
    if (length === 0) return place + 1;
    place += 1 + length;
  }
}

function text(rdata: Buffer): string {
  let said = '';
  for (let place = 0; place < rdata.length; place += 1 + rdata.readUInt8(place))
    said += rdata.toString('latin1', place + 1, place + 1 + rdata.readUInt8(place));
  return said;
}

/**
 * The addresses or texts in the answer section, sorted, with ` + ` between them; `NODATA` where there are none; the
 * response code where it is not NOERROR. What cannot be read is `unreadable`.
 */
export function answerIn(reply: Buffer): string {
  try {
    return read(reply);
  } catch {
    return 'unreadable';
  }
}

function read(reply: Buffer): string {
  const flags = reply.readUInt16BE(2);
  const rcode = flags & 15;
  if (rcode !== 0) return RCODES[rcode] ?? `RCODE${rcode}`;
  if ((flags & 0x0200) !== 0) return 'truncated';
  let place = 12;
  for (let i = reply.readUInt16BE(4); i > 0; i--) place = afterName(reply, place) + 4;
  const found: string[] = [];
  for (let i = reply.readUInt16BE(6); i > 0; i--) {
    const head = afterName(reply, place);
    const type = reply.readUInt16BE(head);
    const end = head + 10 + reply.readUInt16BE(head + 8);
    const rdata = reply.subarray(head + 10, end);
    if (end > reply.length) return 'unreadable';
    if (type === A) found.push([...rdata].join('.'));
    if (type === TXT) found.push(text(rdata));
    place = end;
  }
  return found.length === 0 ? 'NODATA' : found.sort().join(' + ');
}
