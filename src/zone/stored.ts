// A service at its place in the tree, with what the registry says of its key. Made to be small: there may be millions.
import type { Lease } from '../service/entry.ts';
import type { Service } from '../service/record.ts';
import { ipv4Bytes, ipv4Text } from '../wire/address.ts';
import { u16 } from '../wire/bytes.ts';
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
    this.#host = traits.kind === 'ipv4' ? packed(host) : host;
    this.traits = traits;
    this.revision = revision;
    this.lease = lease;
    this.seen = seen;
  }

  get host(): string {
    const host = this.#host;
    return typeof host === 'string'
      ? host
      : ipv4Text([host >>> 24, (host >>> 16) & 255, (host >>> 8) & 255, host & 255]);
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
      this.host === service.host &&
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

/** An IPv4 address as a signed 32-bit number, which fits a machine word beside its tag. */
function packed(address: string): number | string {
  const bytes = ipv4Bytes(address);
  return bytes === undefined ? address : (u16(bytes, 0) << 16) | u16(bytes, 2);
}

/** Labels left after `targetstrip`: as many as before where that would leave none (as SkyDNS has it). */
export function strippedDepth(depth: number, targetstrip: number): number {
  return targetstrip < depth ? depth - targetstrip : depth;
}
