// What etcd3 and grpc throw, sorted into "not reached" and "refused".
import {
  ClientClosedError,
  castGrpcError,
  GRPCCancelledError,
  GRPCDeadlineExceededError,
  GRPCInternalError,
  GRPCUnavailableError,
} from 'etcd3';
import { FingerpostError, messageOf } from '../base/errors.ts';

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

/** Whether the request cannot have left this machine, so that even a write may be made again. */
export function neverSent(thrown: unknown): boolean {
  return thrown instanceof ClientClosedError || messageOf(thrown).includes('No connection established');
}

/** Whether our token is too old for etcd, which did nothing then; etcd3 renews only those that expired. */
export function isOldLogin(thrown: unknown): boolean {
  return messageOf(thrown).includes('revision of auth store is old');
}

/** Why etcd has no data as of a revision that it was asked for. */
export function missingRevision(thrown: unknown): 'compacted' | 'future' | undefined {
  const message = messageOf(thrown);
  if (message.includes('required revision has been compacted')) return 'compacted';
  return message.includes('required revision is a future revision') ? 'future' : undefined;
}

/** `made`: whether a write may have been made all the same. */
export function unavailable(hosts: string, cause: unknown, made = false): FingerpostError {
  const doubt = made ? '; whether the write was made is not known' : '';
  return new FingerpostError('unavailable', `etcd at ${hosts} cannot be reached${doubt}`, { cause });
}

export function refused(cause: unknown): FingerpostError {
  if (cause instanceof FingerpostError) return cause;
  return new FingerpostError('registry', 'etcd refused', { cause });
}
