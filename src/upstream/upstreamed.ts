// What comes of asking other servers: a reply as it came, or why there is none.
import type { ExtendedError } from '../wire/extended-error.ts';

/** A server's reply, less its OPT record, which is between that server and us (RFC 6891 6.1.1). */
export interface UpstreamReply {
  readonly kind: 'reply';
  /** Header, one question, whole records; the bytes of the records as they came. Shared: not to be written to. */
  readonly message: Uint8Array;
  /** With the upper bits that travel in OPT. */
  readonly rcode: number;
  /** What the server said about it (RFC 8914). */
  readonly errors: readonly ExtendedError[];
}

/**
 * `timeout`: nobody answered in time. `unreachable`: nobody could be reached, or there is nobody to ask. `overload`: too
 * many questions are in flight. `loop`: the question came back to us.
 */
export type FailureKind = 'timeout' | 'unreachable' | 'overload' | 'loop';

export interface UpstreamFailure {
  readonly kind: FailureKind;
}

export type Upstreamed = UpstreamReply | UpstreamFailure;
