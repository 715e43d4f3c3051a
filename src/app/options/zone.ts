// One zone as people write it: a name, or a network in CIDR form that stands for its reverse zone (RFC 1035 3.5, RFC 3596 2.5).
import { z } from 'zod';
import { isProblem, type Problem } from '../../service/problem.ts';
import { isName, nameFromText, nameToText } from '../../wire/name.ts';
import { cidrFromText } from '../../wire/network.ts';
import { read, whole } from './values.ts';

export interface ZoneOption {
  /** Lower-case, without the final dot (the root is `.`): `skydns.local`, `10.in-addr.arpa`. */
  readonly name: string;
  /** `exact` narrows a name to the services that are its own; `subtree` adds all below it. */
  readonly match: 'subtree' | 'exact';
  /** What A and AAAA at the apex answer: its own services, or every service of the zone. */
  readonly apex: 'services' | 'subtree';
  /** What the SRV weights of one priority add up to, about: 100 to 65535. */
  readonly weights: number;
}

const match = z.enum(['subtree', 'exact'], { error: 'match is subtree or exact' });
const apex = z.enum(['services', 'subtree'], { error: 'apex is services or subtree' });
const isScale = whole(100, 65_535);
const weights = read<number>((input) => {
  const scale = isScale.safeParse(input);
  return scale.success ? scale.data : { problem: 'weights is 100 to 65535' };
});
const fields = z.strictObject({
  name: z.string({ error: 'a zone has a name' }),
  match: match.default('subtree'),
  apex: apex.default('services'),
  weights: weights.default(100),
});

/** The digits of a reverse name: octets (IPv4) or nibbles (IPv6). */
function digitsOf(address: Uint8Array): readonly string[] {
  if (address.length === 4) return Array.from(address, String);
  return Array.from(address).flatMap((byte) => [(byte >> 4).toString(16), (byte & 15).toString(16)]);
}

/** `10.0.0.0/8` is `10.in-addr.arpa`; `fd00::/8` is `d.f.ip6.arpa`. */
export function reverseZone(text: string): string | Problem {
  const cidr = cidrFromText(text);
  if (typeof cidr === 'string') return { problem: cidr };
  const { address, length } = cidr;
  const isV4 = address.length === 4;
  const digitBits = isV4 ? 8 : 4;
  const unit = isV4 ? 'octet (/8, /16, /24, /32)' : 'nibble (a multiple of 4)';
  if (length % digitBits !== 0)
    return { problem: `/${length} does not end on a whole ${unit}, so it is no single reverse zone` };
  const kept = digitsOf(address).slice(0, length / digitBits);
  return [...kept.reverse(), isV4 ? 'in-addr.arpa' : 'ip6.arpa'].join('.');
}

/** The canonical name of a zone given as a name or a network. */
export function zoneName(text: string): string | Problem {
  if (text.includes('/')) return reverseZone(text);
  const name = nameFromText(text);
  if (!isName(name)) return { problem: `"${text}" is not a name: ${name}` };
  const canonical = nameToText(name);
  return canonical === '.' ? '.' : canonical.slice(0, -1);
}

/** `NAME,match=exact,apex=subtree,weights=65535` as the object that the YAML file would hold. */
function fromText(text: string): unknown {
  const [name = '', ...options] = text.split(',').map((piece) => piece.trim());
  const pairs = options.map((piece) => {
    const equals = piece.indexOf('=');
    return equals < 0 ? [piece, undefined] : [piece.slice(0, equals), piece.slice(equals + 1)];
  });
  return { name, ...Object.fromEntries(pairs) };
}

/** Cuts a list at its commas, except before `match=...`: that belongs to the name before it. */
export function splitZones(text: string): string[] {
  const zones: string[] = [];
  for (const piece of text.split(',').map((part) => part.trim())) {
    const last = zones.length - 1;
    if (piece.includes('=') && last >= 0) zones[last] = `${zones[last]},${piece}`;
    else zones.push(piece);
  }
  return zones;
}

/** One zone, as text or as an object. */
export const zoneSchema: z.ZodType<ZoneOption> = z
  .preprocess((input) => (typeof input === 'string' ? fromText(input) : input), fields)
  .transform((zone, context) => {
    const name = zoneName(zone.name);
    if (!isProblem(name)) return { ...zone, name };
    context.issues.push({ code: 'custom', message: name.problem, input: zone.name });
    return z.NEVER;
  });
