// Why a port could not be opened, in words that say what to do.
import { FingerpostError, messageOf } from '../base/errors.ts';
import { addressText } from '../wire/address.ts';
import type { Address, Protocol } from './deps.ts';

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use by another program (or another fingerpost)',
  EACCES: 'ports below 1024 need root or the capability CAP_NET_BIND_SERVICE',
  EPERM: 'ports below 1024 need root or the capability CAP_NET_BIND_SERVICE',
  EADDRNOTAVAIL: 'it is not an address of this machine',
  EAFNOSUPPORT: 'this machine has no IPv6, or has it switched off',
  EINVAL: 'it is not an IPv4 or IPv6 address that can be listened on',
  EMFILE: 'too many files are open (ulimit -n)',
};

/** The code of a system error, or the empty string. */
export function systemCode(thrown: unknown): string {
  if (!(thrown instanceof Error) || !('code' in thrown)) return '';
  return typeof thrown.code === 'string' ? thrown.code : '';
}

/** A FingerpostError of code `listen` that names protocol, address, port and reason. */
export function listenError(protocol: Protocol, address: Address, cause: unknown): FingerpostError {
  const reason = REASONS[systemCode(cause)] ?? messageOf(cause);
  return new FingerpostError('listen', `cannot listen on ${protocol} ${addressText(address)}: ${reason}`, {
    cause,
  });
}
