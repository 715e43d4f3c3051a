// What a person reads when a port cannot be opened.
import { expect, test } from 'vitest';
import { listenError } from '../../src/transport/listen-error.ts';

const failed = (code: string): Error => Object.assign(new Error(`bind ${code}`), { code });

test.each([
  [
    'EACCES',
    'cannot listen on TCP [::]:53: ports below 1024 need root or the capability CAP_NET_BIND_SERVICE',
  ],
  [
    'EADDRINUSE',
    'cannot listen on TCP [::]:53: the port is in use by another program (or another fingerpost)',
  ],
  ['EADDRNOTAVAIL', 'cannot listen on TCP [::]:53: it is not an address of this machine'],
  ['EAFNOSUPPORT', 'cannot listen on TCP [::]:53: this machine has no IPv6, or has it switched off'],
  ['EWHATEVER', 'cannot listen on TCP [::]:53: bind EWHATEVER'],
])('%s', (code, message) => {
  const cause = failed(code);
  const error = listenError('TCP', { host: '::', port: 53 }, cause);
  expect(error.message).toBe(message);
  expect(error.code).toBe('listen');
  expect(error.cause).toBe(cause);
});
