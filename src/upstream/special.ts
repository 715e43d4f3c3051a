// Names that never leave: what they are answered is the same everywhere, or nobody outside could know (RFC 6303, RFC 6761).
import { Rcode, Type } from '../wire/codes.ts';
import { isName, type Name, nameFromReversed, type ReversedLabels, ROOT } from '../wire/name.ts';
import type { Rdata } from '../wire/rdata.ts';

export interface Special {
  readonly rcode: typeof Rcode.NOERROR | typeof Rcode.NXDOMAIN;
  /** The empty zone that the name lies in: it owns the SOA of an answer without records. */
  readonly zone: Name;
  /** Records of the question's name, all of one type; none with NXDOMAIN, and with NODATA. */
  readonly answers: readonly Rdata[];
}

/** The TTL of all such records, in seconds (RFC 6303 3). */
export const SPECIAL_TTL = 10_800;

const count = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** 32 nibbles, of which only the last one to be read is not 0. */
const host6 = (last: number): string => `${last}${'.0'.repeat(31)}.ip6.arpa`;
const HOST4 = '1.0.0.127.in-addr.arpa';

/**
 * Not among them, since the servers that are asked may well know them: `test`, `local` and `home.arpa`, which people use
 * for names of their own. A stub zone goes before any of these.
 */
const ZONES: readonly string[] = [
  // RFC 6761 6.3 and 6.4, RFC 7686 2, RFC 9462 6.4.
  'localhost',
  'invalid',
  'onion',
  'resolver.arpa',
  // RFC 6303 4.1: private networks.
  '10.in-addr.arpa',
  ...count(16, 31).map((octet) => `${octet}.172.in-addr.arpa`),
  '168.192.in-addr.arpa',
  // RFC 7793: shared networks of carriers.
  ...count(64, 127).map((octet) => `${octet}.100.in-addr.arpa`),
  // RFC 6303 4.2: this network, loopback, link-local, documentation, broadcast.
  '0.in-addr.arpa',
  '127.in-addr.arpa',
  '254.169.in-addr.arpa',
  '2.0.192.in-addr.arpa',
  '100.51.198.in-addr.arpa',
  '113.0.203.in-addr.arpa',
  '255.255.255.255.in-addr.arpa',
  // RFC 6303 4.3 to 4.6: unspecified, loopback, unique local, link-local, documentation.
  host6(0),
  host6(1),
  'd.f.ip6.arpa',
  ...['8', '9', 'a', 'b'].map((nibble) => `${nibble}.e.f.ip6.arpa`),
  '8.b.d.0.1.0.0.2.ip6.arpa',
];

const reversed = (text: string): string[] => text.split('.').reverse();

/** By their labels, root first, joined with a dot, which none of them has in it. */
const zones: ReadonlySet<string> = new Set(ZONES.map((zone) => reversed(zone).join('.')));
const tops: ReadonlySet<string> = new Set(ZONES.map((zone) => reversed(zone)[0] ?? ''));
const loopbackNames = [HOST4, host6(1)].map(reversed);

const LOCALHOST = nameOf(['localhost']);
const RNAME = nameOf(['invalid', 'nobody']);
const HINFO: Rdata = { type: Type.HINFO, cpu: Buffer.from('RFC8482'), os: Buffer.alloc(0) };

/** Of a few fixed labels, which make a name. */
function nameOf(labels: ReversedLabels): Name {
  const name = nameFromReversed(labels);
  return isName(name) ? name : ROOT;
}

/** What a question of class IN for such a name is answered; undefined for any other name. */
export function special(labels: ReversedLabels, type: number): Special | undefined {
  const depth = zoneDepth(labels);
  if (depth === 0) return undefined;
  const zone = nameOf(labels.slice(0, depth));
  const held = heldBy(labels, depth, zone);
  if (held === undefined) return { rcode: Rcode.NXDOMAIN, zone, answers: [] };
  // RFC 8482 4.2: one synthesized HINFO instead of everything.
  const answers = type === Type.ANY ? [HINFO] : held.filter((rdata) => rdata.type === type);
  return { rcode: Rcode.NOERROR, zone, answers };
}

/** Labels of the zone that a name lies in; 0 where it lies in none. */
function zoneDepth(labels: ReversedLabels): number {
  const [top] = labels;
  if (top === undefined || !tops.has(top)) return 0;
  let text = '';
  for (const [i, label] of labels.entries()) {
    if (label.includes('.')) return 0;
    text = i === 0 ? label : `${text}.${label}`;
    if (zones.has(text)) return i + 1;
  }
  return 0;
}

/** The records that a name has, none where it exists without; undefined where it does not exist. */
function heldBy(labels: ReversedLabels, depth: number, zone: Name): readonly Rdata[] | undefined {
  // Every name below localhost is localhost (RFC 6761 6.3).
  if (labels[0] === 'localhost') {
    return [
      { type: Type.A, address: Uint8Array.of(127, 0, 0, 1) },
      { type: Type.AAAA, address: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1) },
    ];
  }
  const held: Rdata[] = [];
  const isApex = labels.length === depth;
  if (isApex) held.push(specialSoa(zone), { type: Type.NS, target: zone });
  const leading = loopbackNames.find((name) => labels.every((label, i) => name[i] === label));
  if (leading?.length === labels.length) held.push({ type: Type.PTR, target: LOCALHOST });
  return isApex || leading !== undefined ? held : undefined;
}

/** RFC 6303 3. */
export function specialSoa(zone: Name): Rdata {
  const times = { refresh: 3600, retry: 1200, expire: 604_800, minimum: SPECIAL_TTL };
  return { type: Type.SOA, mname: zone, rname: RNAME, serial: 1, ...times };
}
