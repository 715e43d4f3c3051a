// One zone as people write it: a name, or a network in CIDR form that stands for its reverse zone (RFC 1035 3.5, RFC 3596 2.5).
import { z } from 'zod';
import { isProblem, type Problem } from '../../service/problem.ts';
import { ipv4Bytes, ipv6Bytes } from '../../wire/address.ts';
import { isName, nameFromText, nameToText } from '../../wire/name.ts';

export interface ZoneOption {
  /** Lower-case, without the final dot (the root is `.`): `skydns.local`, `10.in-addr.arpa`. */
  readonly name: string;
  /** `exact` narrows a name to the services that are its own; `subtree` adds all below it. */
  readonly match: 'subtree' | 'exact';
  /** What A and AAAA at the apex answer: its own services, or every service of the zone. */
  readonly apex: 'services' | 'subtree';
}

const match = z.enum(['subtree', 'exact'], { error: 'match is subtree or exact' });
const apex = z.enum(['services', 'subtree'], { error: 'apex is services or subtree' });
const fields = z.strictObject({
  name: z.string({ error: 'a zone has a name' }),
  match: match.default('subtree'),
  apex: apex.default('services'),
});

/** The digits of a reverse name are octets (IPv4) or nibbles (IPv6): the bits of one, and how it is written. */
interface Family {
  readonly suffix: string;
  readonly digitBits: 8 | 4;
  readonly digits: readonly string[];
}

function familyOf(address: string): Family | undefined {
  const v4 = ipv4Bytes(address);
  if (v4 !== undefined) return { suffix: 'in-addr.arpa', digitBits: 8, digits: Array.from(v4, String) };
  const v6 = ipv6Bytes(address);
  if (v6 === undefined) return undefined;
  const nibbles = Array.from(v6).flatMap((byte) => [(byte >> 4).toString(16), (byte & 15).toString(16)]);
  return { suffix: 'ip6.arpa', digitBits: 4, digits: nibbles };
}

/** `10.0.0.0/8` is `10.in-addr.arpa`; `fd00::/8` is `d.f.ip6.arpa`. */
export function reverseZone(cidr: string): string | Problem {
  const [address = '', length = ''] = cidr.split('/', 2);
  const family = familyOf(address);
  if (family === undefined) return { problem: `"${address}" is not an IP address` };
  const bits = family.digits.length * family.digitBits;
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits)
    return { problem: `"/${length}" is not a prefix length from /0 to /${bits}` };
  const unit = family.digitBits === 8 ? 'octet (/8, /16, /24, /32)' : 'nibble (a multiple of 4)';
  if (Number(length) % family.digitBits !== 0)
    return { problem: `/${length} does not end on a whole ${unit}, so it is no single reverse zone` };
  const kept = Number(length) / family.digitBits;
  if (family.digits.slice(kept).some((digit) => digit !== '0'))
    return { problem: `${address} has bits set beyond /${length}` };
  return [...family.digits.slice(0, kept).reverse(), family.suffix].join('.');
}

/** The canonical name of a zone given as a name or a network. */
export function zoneName(text: string): string | Problem {
  if (text.includes('/')) return reverseZone(text);
  const name = nameFromText(text);
  if (!isName(name)) return { problem: `"${text}" is not a name: ${name}` };
  const canonical = nameToText(name);
  return canonical === '.' ? '.' : canonical.slice(0, -1);
}

/** `NAME,match=exact,apex=subtree` as the object that the YAML file would hold. */
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
