// What etcd3 and grpc throw, sorted into "not reached" and "refused".
import {
  ClientClosedError,
  castGrpcError,
  EtcdLeaseInvalidError,
  EtcdPermissionDeniedError,
  GRPCCancelledError,
  GRPCDeadlineExceededError,
  GRPCInternalError,
  GRPCUnavailableError,
} from 'etcd3';
import { FingerpostError, messageOf } from '../base/errors.ts';

/** In the place of what etcd3 makes of it, which is hard to read. */
export const NO_LEASE = 'etcd has no such lease: it has run out or was revoked';

/** Whether nobody answered: the connection, the member or its leader is gone, or it took too long. */
export function isUnreachable(thrown: unknown): boolean {
  if (thrown instanceof FingerpostError) return thrown.code === 'unavailable';
  const error = thrown instanceof Error ? castGrpcError(thrown) : undefined;
  return (
    error instanceof GRPCUnavailableError ||
    error instanceof GRPCDeadlineExceededError ||
    error instanceof GRPCCancelledError ||
    error instanceof GRPCInternalError || // a reset HTTP/2 stream
    error instanceof ClientClosedError
  );
}

/** Whether etcd has not let us do it, logged in or not. */
export function isRefusal(thrown: unknown): boolean {
  return thrown instanceof Error && castGrpcError(thrown) instanceof EtcdPermissionDeniedError;
}

/** Whether the lease that was named is not there. */
export function isNoLease(thrown: unknown): boolean {
  if (thrown instanceof FingerpostError) return thrown.message === NO_LEASE;
  return thrown instanceof EtcdLeaseInvalidError;
}

/** Whether the request cannot have left this machine, so that even a write may be made again. */
export function neverSent(thrown: unknown): boolean {
  return thrown instanceof ClientClosedError || messageOf(thrown).includes('No connection established');
}

const OLD_LOGIN = /revision of auth store is old|invalid auth token|user name is empty/;

/** Whether etcd does not take our token (any longer), or misses one; it did nothing then. */
export function isOldLogin(thrown: unknown): boolean {
  return OLD_LOGIN.test(messageOf(thrown));
}

/** Whether etcd does not ask who we are, so that there is no logging in. */
export function isNoAuthentication(thrown: unknown): boolean {
  return messageOf(thrown).includes('authentication is not enabled');
}

/** Why etcd has no data as of a revision that it was asked for. */
export function missingRevision(thrown: unknown): 'compacted' | 'future' | undefined {
  const message = messageOf(thrown);
  if (message.includes('required revision has been compacted')) return 'compacted';
  return message.includes('required revision is a future revision') ? 'future' : undefined;
}

export function refused(cause: unknown): FingerpostError {
  if (cause instanceof FingerpostError) return cause;
  return new FingerpostError('registry', 'etcd refused', { cause });
}
