// A record as one line of JSON, written as bytes: a string for every part would cost several times as much.
import { lower } from '../wire/bytes.ts';
import type { Client } from '../wire/client.ts';
import { Class, Flag, rcodeName, typeName } from '../wire/codes.ts';
import { SOURCE_NAMES, type TapRecord } from './record.ts';

/** No line is longer: of a name's 255 bytes each takes five at the most. */
export const MOST_LINE = 2048;

/** No Buffer: loops over arrays of one kind are compiled to a tenth of what they cost over several. */
function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** Each byte of a name in presentation form (RFC 1035 5.1), as it stands in a JSON string: ASCII that shows, all of it. */
const ESCAPED: readonly Uint8Array[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  if (byte <= 0x20 || byte >= 0x7f) return bytesOf(`\\\\${String(byte).padStart(3, '0')}`);
  if (char === '"') return bytesOf('\\\\\\"');
  if (char === '\\') return bytesOf('\\\\\\\\');
  return bytesOf('.();@$'.includes(char) ? `\\\\${char}` : char);
});

/** 1 for bytes that stand for themselves. */
const PLAIN = Uint8Array.from(ESCAPED, ({ length }) => (length === 1 ? 1 : 0));

/** Flags of bytes 2 and 3 of a header, as dig calls them. */
const FLAGS: readonly (readonly [number, string])[] = [
  [Flag.QR << 8, 'qr'],
  [Flag.AA << 8, 'aa'],
  [Flag.TC << 8, 'tc'],
  [Flag.RD << 8, 'rd'],
  [Flag.RA, 'ra'],
  [Flag.AD, 'ad'],
  [Flag.CD, 'cd'],
];

function flagsText(flags: number): string {
  return FLAGS.flatMap(([bit, name]) => ((flags & bit) === 0 ? [] : [name])).join(' ');
}

function className(number: number): string {
  if (number === Class.IN) return 'IN';
  if (number === Class.CH) return 'CH';
  return number === Class.ANY ? 'ANY' : `CLASS${number}`;
}

/** Texts by number, each made once; not so many that a flood of numbers could fill memory. */
class Texts {
  readonly #make: (number: number) => string;
  readonly #known = new Map<number, Uint8Array>();

  constructor(make: (number: number) => string) {
    this.#make = make;
  }

  of(number: number): Uint8Array {
    const known = this.#known.get(number);
    if (known !== undefined) return known;
    const made = bytesOf(this.#make(number));
    if (this.#known.size < 1000) this.#known.set(number, made);
    return made;
  }
}

const KEYS = {
  time: bytesOf('{"time":"'),
  client: bytesOf('Z","client":"'),
  port: bytesOf('","port":'),
  udp: bytesOf(',"proto":"udp"'),
  tcp: bytesOf(',"proto":"tcp"'),
  name: bytesOf(',"name":"'),
  root: bytesOf('.'),
  class: bytesOf('","class":"'),
  type: bytesOf('","type":"'),
  edns: bytesOf(',"edns":'),
  dnssecOk: bytesOf(',"do":true'),
  quote: bytesOf('"'),
  rcode: bytesOf(',"rcode":"'),
  flags: bytesOf('","flags":"'),
  query: bytesOf('","query_size":'),
  size: bytesOf(',"size":'),
  latency: bytesOf(',"latency_us":'),
  source: SOURCE_NAMES.map((name) => bytesOf(`,"source":"${name}"}\n`)),
};

export class QueryLine {
  readonly #types = new Texts(typeName);
  readonly #classes = new Texts(className);
  readonly #rcodes = new Texts(rcodeName);
  readonly #flags = new Texts(flagsText);
  /** The second that was written last, and how: `2026-11-28T20:40:01.`. */
  #second = -1;
  #secondText: Uint8Array = new Uint8Array();
  #out: Uint8Array = new Uint8Array();
  #at = 0;

  /** Writes a line of at most MOST_LINE bytes into `out` from `start` on, and returns where it ends. */
  write(record: TapRecord, out: Uint8Array, start: number): number {
    this.#out = out;
    this.#at = start;
    this.#text(KEYS.time);
    this.#time(record);
    this.#text(KEYS.client);
    this.#address(record.client);
    this.#text(KEYS.port);
    this.#number(record.client.port);
    this.#text(record.isTcp ? KEYS.tcp : KEYS.udp);
    if (record.hasQuestion) this.#question(record);
    if (record.hasEdns) this.#field(KEYS.edns, record.udpSize);
    if (record.dnssecOk) this.#text(KEYS.dnssecOk);
    this.#text(KEYS.rcode);
    this.#text(this.#rcodes.of(record.rcode));
    this.#text(KEYS.flags);
    this.#text(this.#flags.of(record.flags));
    this.#field(KEYS.query, record.requestSize);
    this.#field(KEYS.size, record.replySize);
    this.#field(KEYS.latency, record.latencyUs);
    this.#text(KEYS.source[record.source] as Uint8Array);
    return this.#at;
  }

  #question(record: TapRecord): void {
    this.#text(KEYS.name);
    this.#name(record);
    this.#text(KEYS.class);
    this.#text(this.#classes.of(record.class));
    this.#text(KEYS.type);
    this.#text(this.#types.of(record.type));
    this.#text(KEYS.quote);
  }

  #text(bytes: Uint8Array): void {
    const { length } = bytes;
    const out = this.#out;
    const start = this.#at;
    for (let i = 0; i < length; i++) out[start + i] = bytes[i] as number;
    this.#at = start + length;
  }

  #field(key: Uint8Array, value: number): void {
    this.#text(key);
    this.#number(value);
  }

  #number(value: number): void {
    let digits = 1;
    for (let least = 10; least <= value; least *= 10) digits++;
    this.#digits(value, digits);
  }

  #digits(value: number, digits: number): void {
    const out = this.#out;
    const start = this.#at;
    let left = value;
    for (let i = digits - 1; i >= 0; i--) {
      const rest = Math.floor(left / 10);
      out[start + i] = 0x30 + left - rest * 10;
      left = rest;
    }
    this.#at = start + digits;
  }

  #time({ seconds, microseconds }: TapRecord): void {
    if (seconds !== this.#second) {
      this.#second = seconds;
      this.#secondText = bytesOf(new Date(seconds * 1000).toISOString().slice(0, -4));
    }
    this.#text(this.#secondText);
    this.#digits(microseconds, 6);
  }

  #address(client: Client): void {
    if (!client.isIpv4) {
      this.#text(bytesOf(client.text()));
      return;
    }
    const word = client.words[3] as number;
    for (let shift = 24; shift >= 0; shift -= 8) {
      this.#number((word >>> shift) & 0xff);
      if (shift > 0) this.#text(KEYS.root);
    }
  }

  #name({ bytes, nameAt, nameEnd }: TapRecord): void {
    if (nameEnd - nameAt === 1) this.#text(KEYS.root);
    for (let label = nameAt, length = 0; label < nameEnd; label += length + 1) {
      length = bytes[label] as number;
      if (length === 0) return;
      const end = label + length;
      for (let i = label + 1; i <= end; i++) {
        const byte = bytes[i] as number;
        // Nearly all names are made of these.
        if (PLAIN[byte] === 1) this.#out[this.#at++] = byte;
        else this.#text(ESCAPED[byte] as Uint8Array);
      }
      this.#text(KEYS.root);
    }
  }
}

/** Writes the name of a record's question in lower case into `out`, in wire form; its length. */
export function lowerName({ bytes, nameAt, nameEnd }: TapRecord, out: Uint8Array): number {
  for (let i = nameAt; i < nameEnd; i++) out[i - nameAt] = lower(bytes[i] as number);
  return nameEnd - nameAt;
}
