// A service at its place in the tree, with what the registry says of its key. Made to be small: there may be millions.
import type { Lease } from '../service/entry.ts';
import type { Service } from '../service/record.ts';
import { ipv4Bytes, ipv4Text, ipv6Bytes } from '../wire/address.ts';
import { i32, putU32 } from '../wire/bytes.ts';
import type { Node } from './node.ts';

/** All of a service but its host: most services share these with many others. */
export type Traits = Omit<Service, 'host'>;

export class Stored {
  readonly node: Node;
  /** The key as the registry spells it, where that is not the node's own labels (upper case); else undefined. */
  readonly key: string | undefined;
  /** The host; an IPv4 address as a number, which takes no memory of its own. */
  readonly #host: string | number;
  readonly traits: Traits;
  revision: number;
  /** The lease that the key is bound to; of the same granted TTL for as long as this object lives. */
  lease: Lease | undefined;
  /** The last whole list that named it. */
  seen: number;

  constructor(
    node: Node,
    key: string | undefined,
    host: string,
    traits: Traits,
    revision: number,
    lease: Lease | undefined,
    seen: number,
  ) {
    this.node = node;
    this.key = key;
    this.#host = packed(host, traits.kind);
    this.traits = traits;
    this.revision = revision;
    this.lease = lease;
    this.seen = seen;
  }

  get host(): string {
    const host = this.#host;
    return typeof host === 'string' ? host : ipv4Text(fourBytes(host));
  }

  /** The bytes of a host that is an address; undefined for any other. */
  get address(): Uint8Array | undefined {
    const host = this.#host;
    if (typeof host === 'string') return this.traits.kind === 'ipv6' ? ipv6Bytes(host) : undefined;
    return fourBytes(host);
  }

  /** Its key is gone all the same (zone/held.ts). */
  get held(): boolean {
    return false;
  }

  /** Seconds that its records live: its own or the default, at most the granted TTL of its lease. */
  ttl(defaultTtl: number): number {
    const own = this.traits.ttl ?? defaultTtl;
    return this.lease === undefined ? own : Math.min(own, this.lease.ttl);
  }

  /** Whether a service as it was read gives the same records as this one. */
  isSame(service: Service, lease: Lease | undefined): boolean {
    const { traits } = this;
    return (
      this.#host === packed(service.host, service.kind) &&
      this.lease?.ttl === lease?.ttl &&
      traits.port === service.port &&
      traits.priority === service.priority &&
      traits.weight === service.weight &&
      traits.text === service.text &&
      traits.mail === service.mail &&
      traits.ttl === service.ttl &&
      traits.targetstrip === service.targetstrip &&
      traits.group === service.group
    );
  }
}

/** The host; an IPv4 address as a signed 32-bit number, which fits a machine word beside its tag. */
function packed(host: string, kind: Service['kind']): number | string {
  const bytes = kind === 'ipv4' ? ipv4Bytes(host) : undefined;
  return bytes === undefined ? host : i32(bytes, 0);
}

function fourBytes(address: number): Uint8Array {
  const bytes = new Uint8Array(4);
  putU32(bytes, 0, address);
  return bytes;
}

/** Labels left after `targetstrip`: as many as before where that would leave none (as SkyDNS has it). */
export function strippedDepth(depth: number, targetstrip: number): number {
  return targetstrip < depth ? depth - targetstrip : depth;
}
