// Machines with several addresses: replies of a wildcard listener leave from the one that was asked, link-local ones too.
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, 'second-addresses.ts');
const SET_UP = [
  'ip link set lo up',
  'ip addr add 10.9.8.7/32 dev lo',
  'ip addr add fd00:5::1/128 dev lo',
  'ip addr add fd00:5::2/128 dev lo',
  'ip addr add fe80::5/64 dev lo',
].join(' && ');

/** Whether this machine lets us have a network of our own, with addresses of our own in it. */
const isOurs = spawnSync('unshare', ['-rn', 'sh', '-c', SET_UP]).status === 0;
const ADDRESSES = isOurs
  ? ['127.0.0.1', '127.0.0.2', '10.9.8.7', '::1', 'fd00:5::1', 'fd00:5::2', 'fe80::5%lo']
  : ['127.0.0.1', '127.0.0.2', '::1'];

function run(addresses: readonly string[]): Record<string, string> {
  const program = [process.execPath, SCRIPT, ...addresses];
  const [command = '', ...args] = isOurs
    ? ['unshare', '-rn', 'sh', '-c', `${SET_UP} && exec "$@"`, 'sh', ...program]
    : program;
  return JSON.parse(execFileSync(command, args, { encoding: 'utf8' })) as Record<string, string>;
}

it(`on ${ADDRESSES.join(', ')}`, () => {
  const said = run(ADDRESSES);
  const wildcards = ADDRESSES.map((address) => [
    `${address.includes(':') ? '::' : '0.0.0.0'} ${address}`,
    '0 0 3',
  ]);
  const own = ADDRESSES.filter((address) => address.includes('%')).map((address) => [
    `${address} ${address}`,
    '0 0 3',
  ]);
  expect(said).toEqual(Object.fromEntries([...wildcards, ...own]));
});
