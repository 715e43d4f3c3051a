// What one announcement writes: its own record under the instance label, and those of the RFC 2782 and reverse names.
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { keyOf } from '../service/key.ts';
import { isProblem, type Problem, quoted } from '../service/problem.ts';
import { readEntry } from '../service/read.ts';
import { ipv4Bytes, ipv6Bytes } from '../wire/address.ts';
import type { Owner } from './owner.ts';

/** A service to announce. What is undefined is left out of its record. */
export interface Announced {
  /** The name that clients ask for. */
  readonly name: string;
  /** One label below it, of this instance alone. */
  readonly label: string;
  /** An address or a host name. */
  readonly host: string;
  readonly port: number;
  readonly priority?: number | undefined;
  readonly weight?: number | undefined;
  readonly text?: string | undefined;
  readonly ttl?: number | undefined;
  readonly group?: string | undefined;
  readonly mail?: boolean;
  /** Service and protocol (RFC 2782): `_http._tcp`. */
  readonly srv?: readonly string[];
  /** Also a PTR record. */
  readonly reverse?: boolean;
}

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/**
 * Groups that keep what is below a name's RFC 2782 names out of the answers for the name itself: there the instances
 * are the shallowest services, and their group decides.
 */
const INSTANCE_GROUP = 'instance';
const SRV_GROUP = 'rfc2782';
const MAX_LABEL = 63;
const SRV_NAME = /^_[a-z0-9]([a-z0-9-]*[a-z0-9])?\._[a-z0-9]+$/i;

/** `web1-8080`, from the name of the machine and a port: one label, whatever the name is. */
export function instanceLabel(machine: string, port: number): string {
  const end = `-${port}`;
  const plain = machine.toLowerCase().replace(/[^a-z0-9_-]+/g, '-');
  return `${plain.slice(0, MAX_LABEL - end.length).replace(/^-+|-+$/g, '') || 'instance'}${end}`;
}

/** The name of the instance. */
export function instanceName({ label, name }: Pick<Announced, 'label' | 'name'>): string {
  return `${label}.${name.replace(/\.$/, '')}`;
}

/** All keys and values, the instance's own first; a problem where one of them would not be served. */
export function recordsOf(prefix: string, announced: Announced, owner: Owner): KeyValue[] | Problem {
  const { label, srv = [], host } = announced;
  if (!/^[^.\\/]+$/.test(label)) return { problem: `${quoted(label)} is not one label` };
  const bad = srv.find((name) => !SRV_NAME.test(name));
  if (bad !== undefined)
    return { problem: `${quoted(bad)} is no service and protocol, allowed: _http._tcp and the like` };
  if (announced.reverse === true && isIP(host) === 0)
    return { problem: `a PTR record needs an address, and ${quoted(host)} is none` };
  const records: KeyValue[] = [];
  for (const { name, fields, below } of namesOf(prefix, announced)) {
    const key = keyOf(prefix, name);
    if (isProblem(key)) return key;
    const own = { key: key + below, value: JSON.stringify({ ...fields, announcer: owner }) };
    const usable = readEntry(prefix, own);
    if (isProblem(usable)) return usable;
    records.push(own);
  }
  return records;
}

interface Named {
  readonly name: string;
  readonly fields: object;
  /** What is added to the key of the name. */
  readonly below: string;
}

function namesOf(prefix: string, announced: Announced): Named[] {
  const { label, name, host, port, priority, weight, text, ttl, group, srv = [] } = announced;
  const instance = instanceName(announced);
  const own = {
    ...{ host, port, priority, weight, text, ttl },
    group: group ?? (srv.length > 0 ? INSTANCE_GROUP : undefined),
    mail: announced.mail === true ? true : undefined,
  };
  // A target without underscores, which many clients do not take for a host; and the same one as at the name itself.
  const target = isIP(host) === 0 ? host : instance;
  const service = { host: target, port, priority, weight, ttl, group: SRV_GROUP };
  const names: Named[] = [{ name: instance, fields: own, below: '' }];
  for (const prefixed of srv)
    names.push({ name: `${label}.${prefixed}.${name}`, fields: service, below: '' });
  // Below the reverse name, which owns it by `targetstrip`: several services have one address.
  if (announced.reverse === true)
    names.push({
      name: reverseName(host),
      fields: { host: instance, ttl, targetstrip: 1 },
      below: `/${shortHash(`${prefix} ${instance.toLowerCase()}`)}`,
    });
  return names;
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** RFC 1035 3.5, RFC 3596 2.5. */
export function reverseName(address: string): string {
  const v4 = ipv4Bytes(address);
  if (v4 !== undefined) return `${[...v4].reverse().join('.')}.in-addr.arpa`;
  const nibbles = [...(ipv6Bytes(address) ?? [])].flatMap((byte) => [byte >> 4, byte & 15]);
  return `${nibbles
    .reverse()
    .map((nibble) => nibble.toString(16))
    .join('.')}.ip6.arpa`;
}
