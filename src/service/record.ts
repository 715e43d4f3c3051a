// One service: the JSON of a SkyDNS value, read strictly into a checked record.
import { isIPv4 } from 'node:net';
import { z } from 'zod';
import { ipv6Bytes, mappedIpv4 } from '../wire/address.ts';
import { nameFromText } from '../wire/name.ts';
import { isProblem, type Problem, quoted } from './problem.ts';

export type HostKind = 'none' | 'ipv4' | 'ipv6' | 'name';

/** A usable service. Numbers are as stored; the meaning of 0 (the default) is the zone's to give. */
export interface Service {
  /** An address, or a lower-case host name without the final dot, or '' where there is none. */
  readonly host: string;
  readonly kind: HostKind;
  /** 0..65535 */
  readonly port: number;
  /** 0..65535, 0 for the default */
  readonly priority: number;
  /** 0..65535, 0 for the default */
  readonly weight: number;
  readonly text: string;
  readonly mail: boolean;
  /** Seconds, 0..2^31-1 (RFC 2181 8); undefined for the configured default. */
  readonly ttl: number | undefined;
  /** Labels to strip from a target made from the key. */
  readonly targetstrip: number;
  readonly group: string;
}

/** TXT data that still fits one message beside its question and OPT, cut into strings of 255 bytes. */
const MAX_TEXT_BYTES = 64_000;

const whole = (max: number) => z.int().min(0).max(max).nullish();

/** The fields that are read; others are ignored. */
export const serviceSchema = z.looseObject({
  host: z.string().nullish(),
  port: whole(65535),
  priority: whole(65535),
  weight: whole(65535),
  text: z.string().nullish(),
  mail: z.boolean().nullish(),
  ttl: whole(2 ** 31 - 1),
  targetstrip: whole(127),
  group: z.string().nullish(),
});

const allowed: Readonly<Record<string, string>> = {
  host: 'an IPv4 address, an IPv6 address or a host name',
  port: 'a whole number from 0 to 65535',
  priority: 'a whole number from 0 to 65535',
  weight: 'a whole number from 0 to 65535',
  text: `a string of at most ${MAX_TEXT_BYTES} bytes`,
  mail: 'true or false',
  ttl: 'a whole number of seconds from 0 to 2147483647',
  targetstrip: 'a whole number from 0 to 127',
  group: 'a string',
};

function refuse(field: string, value: unknown, why = ''): Problem {
  return { problem: `${field}: ${quoted(value)} ${why === '' ? '' : `(${why}) `}is not ${allowed[field]}` };
}

interface Host {
  readonly host: string;
  readonly kind: HostKind;
}

const NO_HOST: Host = { host: '', kind: 'none' };
/** Letters, digits, hyphen and underscore (RFC 1123 2.1 and the underscore of service names). */
const HOST_LABELS = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;

function readHost(text: string): Host | Problem {
  if (text === '') return NO_HOST;
  if (isIPv4(text)) return { host: text, kind: 'ipv4' };
  const v6 = ipv6Bytes(text);
  if (v6 === undefined) return readHostName(text);
  const mapped = mappedIpv4(v6);
  if (mapped !== undefined) return { host: mapped, kind: 'ipv4' };
  return { host: text.toLowerCase(), kind: 'ipv6' };
}

function readHostName(text: string): Host | Problem {
  const name = nameFromText(text);
  if (typeof name === 'string') return refuse('host', text, name);
  const host = text.endsWith('.') ? text.slice(0, -1) : text;
  if (!HOST_LABELS.test(host)) return refuse('host', text);
  // A last label of digits only is a mistyped address, never a host name (RFC 3696 2).
  if (/(^|\.)\d+$/.test(host)) return refuse('host', text, 'its last label is a number');
  return { host: host.toLowerCase(), kind: 'name' };
}

function readFields(json: object): Service | Problem {
  const parsed = serviceSchema.safeParse(json);
  if (!parsed.success) {
    const field = String(parsed.error.issues[0]?.path[0]);
    return refuse(field, Reflect.get(json, field));
  }
  const fields = parsed.data;
  const text = fields.text ?? '';
  if (Buffer.byteLength(text) > MAX_TEXT_BYTES)
    return refuse('text', text, `${Buffer.byteLength(text)} bytes`);
  const host = readHost(fields.host ?? '');
  if (isProblem(host)) return host;
  return {
    host: host.host,
    kind: host.kind,
    port: fields.port ?? 0,
    priority: fields.priority ?? 0,
    weight: fields.weight ?? 0,
    text,
    mail: fields.mail ?? false,
    ttl: fields.ttl ?? undefined,
    targetstrip: fields.targetstrip ?? 0,
    group: fields.group ?? '',
  };
}

/** Reads one value of the registry (design section 2). Unknown fields are ignored, null counts as absent. */
export function parseService(value: string): Service | Problem {
  let json: unknown;
  try {
    json = JSON.parse(value);
  } catch (error) {
    return { problem: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return { problem: `${quoted(json)} is not a JSON object` };
  }
  return readFields(folded(json));
}

const FIELDS: ReadonlySet<string> = new Set(Object.keys(allowed));

/** Go's JSON decoder, and so SkyDNS and CoreDNS, takes `Host` for `host` too; the exact spelling wins. */
function folded(json: object): object {
  const odd = Object.keys(json).filter((key) => !FIELDS.has(key) && FIELDS.has(key.toLowerCase()));
  if (odd.length === 0) return json;
  return { ...Object.fromEntries(odd.map((key) => [key.toLowerCase(), Reflect.get(json, key)])), ...json };
}
