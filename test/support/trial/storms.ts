// What comes in masses: leases that all run out at once, and hostile packets over UDP and TCP.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect as dial } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '../../../src/registry/etcd-client.ts';
import { Dice, hostilePackets } from '../hostile.ts';
import type { Address } from '../server.ts';

const BASE = '/skydns/local/skydns/storm';
const AT_ONCE = 64;
/** Operations in a transaction that etcd takes. */
const MOST_OPERATIONS = 128;
const UDP_AT_ONCE = 100;
const PER_CONNECTION = 10;

export interface LeaseStorm {
  /** Leases with one key each. */
  readonly leases: number;
  /** Keys of one more lease, which go in one revision. */
  readonly shared: number;
  /** Seconds that the leases last; nobody renews them. */
  readonly ttl: number;
}

/** Writes `storm.leases + storm.shared` services under leases that nobody renews. */
export async function leaseStorm(endpoint: string, storm: LeaseStorm): Promise<void> {
  const { etcd } = connect(endpoint, {});
  const grant = async () => (await etcd.leaseClient.leaseGrant({ TTL: storm.ttl, ID: 0 })).ID;
  const services = (what: string, from: number, count: number, lease: string) =>
    Array.from({ length: count }, (_, i) =>
      etcd
        .put(`${BASE}/${what}${from + i}`)
        .value(JSON.stringify({ host: `10.9.${(from + i) >> 8}.${(from + i) & 255}`, port: 80 }))
        .lease(lease),
    );
  const write = async (what: string, from: number, count: number, lease: string) => {
    await etcd
      .if('/none', 'Create', '==', 0)
      .then(...services(what, from, count, lease))
      .commit();
  };
  try {
    const shared = await grant();
    for (let i = 0; i < storm.shared; i += MOST_OPERATIONS)
      await write('shared', i, Math.min(MOST_OPERATIONS, storm.shared - i), shared);
    for (let i = 0; i < storm.leases; i += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, storm.leases - i) }, (_, n) => i + n);
      await Promise.all(some.map(async (n) => write('own', n, 1, await grant())));
    }
  } finally {
    etcd.close();
  }
}

/** How many keys of storms etcd holds. */
export async function stormKeys(endpoint: string): Promise<number> {
  const { etcd } = connect(endpoint, {});
  try {
    return await etcd.getAll().prefix(`${BASE}/`).count();
  } finally {
    etcd.close();
  }
}

/** Sends `count` hostile datagrams; `pace` is awaited after each hundred, so that the system's buffers are not all that is tested. */
export async function hostileUdp(
  at: Address,
  count: number,
  seed: number,
  pace: () => Promise<unknown>,
): Promise<void> {
  const packets = hostilePackets(seed);
  const socket = createSocket('udp4');
  socket.on('error', () => {});
  socket.connect(at.port, at.host);
  await once(socket, 'connect');
  for (let sent = 0; sent < count; sent += UDP_AT_ONCE) {
    for (let i = 0; i < UDP_AT_ONCE; i++) socket.send(packets.next().value, () => {});
    await pace();
  }
  socket.close();
}

/** So many connections, one after the other, each with hostile messages, cut anywhere, then ended or reset; `pace` after each. */
export async function hostileTcp(
  at: Address,
  connections: number,
  seed: number,
  pace: () => Promise<unknown> = async () => {},
): Promise<void> {
  const packets = hostilePackets(seed);
  const dice = new Dice(seed);
  for (let i = 0; i < connections; i++) {
    const stream = Buffer.concat(
      Array.from({ length: PER_CONNECTION }, () => {
        const packet = packets.next().value;
        const told = dice.roll(20) === 0 ? dice.roll(65_536) : packet.length;
        return Buffer.concat([Buffer.of(told >> 8, told & 255), packet]);
      }),
    );
    const socket = dial(at.port, at.host);
    socket.on('error', () => {}).resume();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const cut = dice.roll(stream.length);
    socket.write(stream.subarray(0, cut));
    await delay(1);
    socket.write(stream.subarray(cut));
    if (dice.roll(3) === 0) socket.resetAndDestroy();
    else socket.end();
    await closed;
    await pace();
  }
}
