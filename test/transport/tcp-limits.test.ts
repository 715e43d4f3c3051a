// As what a client is counted: an address of IPv4, but a /64 of IPv6, all of which one host may use.
import { expect, it } from 'vitest';
import { noCounters } from '../../src/base/counters.ts';
import { ConnectionCount, placeOf } from '../../src/transport/tcp-limits.ts';
import { Client } from '../../src/wire/client.ts';

function place(address: string): string {
  const client = new Client();
  client.setText(address);
  return placeOf(client);
}

it.each([
  ['192.0.2.1', '192.0.2.1', true],
  ['192.0.2.1', '::ffff:192.0.2.1', true],
  ['192.0.2.1', '192.0.2.2', false],
  ['2001:db8:0:1::1', '2001:db8:0:1:ffff:ffff:ffff:ffff', true],
  ['2001:db8:0:1::1', '2001:db8:0:2::1', false],
  ['fe80::1%eth0', 'fe80::2%eth1', true],
  ['::1', '0.0.0.1', false],
])('%s and %s are one client: %s', (one, other, same) => {
  expect(place(one) === place(other)).toBe(same);
});

it('a host that uses many addresses of its network has no more connections than one address', () => {
  const count = new ConnectionCount({ total: 1000, perClient: 10 }, noCounters);
  const entered = Array.from({ length: 50 }, (_, i) => count.enter(place(`2001:db8::${i}`)));
  expect(entered.filter(Boolean)).toHaveLength(10);
  count.leave(place('2001:db8::99'));
  expect(count.enter(place('2001:db8::100'))).toBe(true);
});
