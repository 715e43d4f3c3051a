// What the parts of the forwarder are handed.
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/log.ts';
import type { TapWriter } from '../tap/writer.ts';
import type { OpenUdp } from './udp-socket.ts';

/** A server to ask: an IPv4 or IPv6 address, with its zone where it is link-local (`fe80::1%eth0`). */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

export interface UpstreamDeps {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly log: Logger;
  /** How UDP sockets are opened; the portable way unless told otherwise. */
  readonly openUdp?: OpenUdp;
  /** Notes what goes to other servers and comes from them, where that is wanted. */
  readonly tap?: TapWriter;
}
