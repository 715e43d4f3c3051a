// The numbers of the protocol, by their own names (IANA DNS parameters).

/** RR types that this server knows by name, and the meta types it must recognise. */
export const Type = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
} as const;

export const Class = { IN: 1, CH: 3, NONE: 254, ANY: 255 } as const;

export const Opcode = { QUERY: 0 } as const;

/** RFC 1035 4.1.1; BADVERS of RFC 6891 9 and BADCOOKIE of RFC 7873 8 (their upper bits travel in OPT). */
export const Rcode = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
  BADCOOKIE: 23,
} as const;
export type Rcode = (typeof Rcode)[keyof typeof Rcode];

/** Options of the OPT record: RFC 7873 8, RFC 8914 2. */
export const EdnsOption = { COOKIE: 10, EDE: 15 } as const;

/** Header flags, as bits of bytes 2 and 3 (RFC 1035 4.1.1, RFC 4035 3.2). */
export const Flag = {
  QR: 0x80,
  OPCODE: 0x78,
  AA: 0x04,
  TC: 0x02,
  RD: 0x01,
  RA: 0x80,
  /** Of byte 3, the one bit that has no meaning yet. */
  Z: 0x40,
  AD: 0x20,
  CD: 0x10,
  RCODE: 0x0f,
} as const;

export const HEADER_LENGTH = 12;
/** What every client takes over UDP (RFC 1035 4.2.1). */
export const PLAIN_UDP_SIZE = 512;
/** The most that is sent over UDP: fits any path without fragments (RFC 9715, DNS flag day 2020). */
export const MAX_UDP_SIZE = 1232;
export const MAX_MESSAGE = 65535;

const typeNames = new Map<number, string>(Object.entries(Type).map(([name, code]) => [code, name]));

/** `A`, `SRV`, or `TYPE65280` for one without a name here (RFC 3597 5). */
export function typeName(type: number): string {
  return typeNames.get(type) ?? `TYPE${type}`;
}

/** The number of `A`, `srv`, `TYPE65280`; undefined for anything else. */
export function typeFromName(text: string): number | undefined {
  const upper = text.toUpperCase();
  const known = Object.entries(Type).find(([name]) => name === upper);
  if (known !== undefined) return known[1];
  const generic = /^TYPE(\d{1,5})$/.exec(upper);
  const code = generic === null ? Number.NaN : Number(generic[1]);
  return code <= 65535 ? code : undefined;
}

const rcodeNames = new Map<number, string>(Object.entries(Rcode).map(([name, code]) => [code, name]));

/** `NXDOMAIN`, or `RCODE11` for one without a name here. */
export function rcodeName(rcode: number): string {
  return rcodeNames.get(rcode) ?? `RCODE${rcode}`;
}

/** The number of `NXDOMAIN`, `servfail`, `RCODE11`, at most 30; undefined for anything else. */
export function rcodeFromName(text: string): number | undefined {
  const upper = text.toUpperCase();
  const known = Object.entries(Rcode).find(([name]) => name === upper);
  if (known !== undefined) return known[1];
  const generic = /^RCODE(\d{1,2})$/.exec(upper);
  const code = generic === null ? Number.NaN : Number(generic[1]);
  return code < 31 ? code : undefined;
}
