// What every transport is handed, and what it hands back once it is open.
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/log.ts';
import type { FairShare } from './fair-share.ts';
import type { Tallies } from './tallies.ts';

/** Runs what opens a port; it may have to be done with other rights than all the rest. */
export type Bind = <T>(open: () => Promise<T>) => Promise<T>;

export interface TransportDeps {
  readonly counters: Counters;
  readonly clock: Clock;
  readonly log: Logger;
  readonly bind?: Bind;
  /** Where replies are counted; by default each transport counts for itself. */
  readonly tallies?: Tallies;
  /** The main thread's time, shared by all transports; by default each has its own. */
  readonly share?: FairShare;
}

/** Opens a port with the rights that one has. */
export const bindAsIs: Bind = (open) => open();

export type Protocol = 'UDP' | 'TCP';

/** A place to listen on: `host` is an IPv4 or IPv6 address, `port` 0 lets the system choose. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** The descriptor of a socket that is bound there already; whoever opened it keeps it open. */
  readonly fd?: number;
}

/** A socket that was opened by somebody else; one of TCP listens. */
export interface OpenSocket extends Address {
  readonly protocol: Protocol;
  readonly fd: number;
}

/** How long replies in hand may take to leave unless told otherwise, in milliseconds. */
export const DEFAULT_GRACE_MS = 2000;

export interface CloseOptions {
  /** How long replies in hand may take to leave before they are cut off, in milliseconds; default DEFAULT_GRACE_MS. */
  readonly graceMs?: number;
}

/** An open transport. */
export interface Listening {
  readonly address: string;
  readonly port: number;
  /** Takes no more queries at once; resolves when what was in hand has left or been cut off. Never rejects. */
  close(options?: CloseOptions): Promise<void>;
}
