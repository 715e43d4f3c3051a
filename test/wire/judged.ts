// A query judged the slow and plain way, to hold the fast reader against: every step throws what is wrong.
import { Verdict } from '../../src/wire/query.ts';

/** All that may be known of a query; what was not reached keeps its first value. */
export interface Judged {
  verdict: Verdict;
  key: string;
  class: number;
  questionEnd: number;
  edns: boolean;
  udpSize: number;
  dnssecOk: boolean;
  /** Where the data of the first COOKIE option begins; 0 where there is none. */
  cookieAt: number;
  cookieLength: number;
}

class Wrong extends Error {}

/** The bytes of a message, taken from the front; none left is an error. */
class Bytes {
  place = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes);
  }

  get left(): number {
    return this.#bytes.length - this.place;
  }

  take(length: number): Buffer {
    if (this.left < length) throw new Wrong('too short');
    this.place += length;
    return this.#bytes.subarray(this.place - length, this.place);
  }

  u8(): number {
    return this.take(1).readUInt8();
  }

  u16(): number {
    return this.take(2).readUInt16BE();
  }
}

export function judged(packet: Uint8Array): Judged {
  const result: Judged = {
    verdict: Verdict.OK,
    key: '',
    class: 0,
    questionEnd: 12,
    edns: false,
    udpSize: 512,
    dnssecOk: false,
    cookieAt: 0,
    cookieLength: 0,
  };
  try {
    result.verdict = judge(new Bytes(packet), result);
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    result.verdict = Verdict.FORMERR;
  }
  return result;
}

function judge(bytes: Bytes, result: Judged): Verdict {
  if (bytes.left < 12) return Verdict.DROP;
  const head = bytes.take(12);
  if ((head.readUInt16BE(2) & 0x8000) !== 0) return Verdict.DROP;
  if ((head.readUInt16BE(2) & 0x7800) !== 0) return Verdict.NOTIMP;
  if (head.readUInt16BE(4) !== 1) throw new Wrong('not one question');
  readQuestion(bytes, result);
  const [answers, authority, additional] = [6, 8, 10].map((at) => head.readUInt16BE(at)) as [
    number,
    number,
    number,
  ];
  for (let i = 0; i < answers + authority; i++)
    if (readRecord(bytes).opt) throw new Wrong('OPT out of place');
  const opts = Array.from(counting(additional), () => readRecord(bytes)).flatMap((r) => (r.opt ? [r] : []));
  const version = opts.map(({ fixed }) => fixed.readUInt8(5));
  const opt = opts[0]?.fixed;
  const cookie = opts[0]?.cookie;
  result.cookieAt = cookie?.at ?? 0;
  result.cookieLength = cookie?.length ?? 0;
  if (opt !== undefined) {
    result.edns = true;
    result.udpSize = Math.max(512, opt.readUInt16BE(2));
    result.dnssecOk = (opt.readUInt8(6) & 0x80) !== 0;
  }
  if (opts.length > 1) throw new Wrong('two OPTs');
  if (bytes.left > 0) throw new Wrong('bytes left over');
  return version[0] === undefined || version[0] === 0 ? Verdict.OK : Verdict.BADVERS;
}

function* counting(to: number): Generator<number> {
  for (let i = 0; i < to; i++) yield i;
}

function readQuestion(bytes: Bytes, result: Judged): void {
  const labels: string[] = [];
  for (let head = bytes.u8(); head !== 0; head = bytes.u8()) {
    if (head > 63) throw new Wrong('no label');
    const label = bytes.take(head).toString('latin1');
    labels.push(String.fromCharCode(head) + label.replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
  }
  const name = `${labels.join('')}\0`;
  if (name.length > 255) throw new Wrong('name over 255 bytes');
  const type = bytes.take(2).toString('latin1');
  result.class = bytes.u16();
  result.key = name + type;
  result.questionEnd = bytes.place;
}

interface Cookie {
  readonly at: number;
  readonly length: number;
}

/** Type, class, TTL and length; whether it is an OPT, and its cookie. */
function readRecord(bytes: Bytes): { fixed: Buffer; opt: boolean; cookie: Cookie | undefined } {
  const root = skipName(bytes);
  const fixed = bytes.take(10);
  const start = bytes.place;
  const rdata = new Bytes(bytes.take(fixed.readUInt16BE(8)));
  const opt = fixed.readUInt16BE(0) === 41;
  if (opt && !root) throw new Wrong('OPT below the root');
  const cookies: Cookie[] = [];
  while (opt && rdata.left > 0) {
    const code = rdata.u16();
    const length = rdata.u16();
    if (code === 10) cookies.push({ at: start + rdata.place, length });
    rdata.take(length);
  }
  const [cookie] = cookies;
  const isCookie =
    cookie === undefined || cookie.length === 8 || (cookie.length >= 16 && cookie.length <= 40);
  if (!isCookie) throw new Wrong('no cookie');
  return { fixed, opt, cookie };
}

/** Whether the name is the root, written plainly. */
function skipName(bytes: Bytes): boolean {
  for (let labels = 0; ; labels++) {
    const head = bytes.u8();
    if (head === 0) return labels === 0;
    if (head >= 0xc0) {
      bytes.u8();
      return false;
    }
    if (head > 63) throw new Wrong('no label');
    bytes.take(head);
  }
}
