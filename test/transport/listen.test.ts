// UDP and TCP on the same addresses: all of them or none.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Address } from '../../src/transport/deps.ts';
import { type Listeners, type ListenOptions, listen } from '../../src/transport/listen.ts';
import { askUdp, countingDeps, echo, framed, LOOPBACK, TcpClient, until } from './support.ts';

const open: Listeners[] = [];

async function start(addresses: readonly Address[], options: ListenOptions = {}) {
  const { deps, count } = countingDeps();
  const listeners = await listen(addresses, echo, deps, options);
  open.push(listeners);
  return { listeners, count, addresses: listeners.addresses };
}

async function askTcp(to: Address): Promise<string | undefined> {
  const client = await TcpClient.open(to);
  client.socket.end(framed('tcp'));
  await client.closed;
  return client.messages[0];
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((listeners) => listeners.close({ graceMs: 0 })));
});

test('port 0 becomes one port that answers over both', async () => {
  const { addresses } = await start([LOOPBACK]);
  const [at] = addresses;
  expect(at?.host).toBe('127.0.0.1');
  expect(at?.port).toBeGreaterThan(0);
  expect(await askUdp(at!, 'udp')).toBe('udp');
  expect(await askTcp(at!)).toBe('tcp');
});

test('several addresses, IPv4 and IPv6 on the same port', async () => {
  const first = await start([LOOPBACK]);
  const port = first.addresses[0]!.port;
  await first.listeners.close();
  const { addresses } = await start([
    { host: '127.0.0.1', port },
    { host: '::1', port },
  ]).catch((error: unknown) => {
    throw new Error('this test needs IPv6 on the loopback (::1)', { cause: error });
  });
  for (const at of addresses) {
    expect(at.port).toBe(port);
    expect(await askUdp(at, 'udp')).toBe('udp');
    expect(await askTcp(at)).toBe('tcp');
  }
});

test('both wildcard addresses on the same port: IPv6 does not take IPv4', async () => {
  const { addresses } = await start([{ host: '::', port: 0 }]);
  const both = await start([{ host: '0.0.0.0', port: addresses[0]!.port }]);
  expect(await askUdp({ host: '127.0.0.1', port: both.addresses[0]!.port }, 'v4')).toBe('v4');
  expect(await askUdp({ host: '::1', port: both.addresses[0]!.port }, 'v6')).toBe('v6');
});

test('when one cannot be opened, none stays open', async () => {
  const taken = await start([LOOPBACK]);
  const free = await start([LOOPBACK]);
  const at = free.addresses[0]!;
  await free.listeners.close();
  await expect(start([at, taken.addresses[0]!])).rejects.toThrow(
    `cannot listen on TCP 127.0.0.1:${taken.addresses[0]!.port}: the port is in use`,
  );
  await start([at]);
});

test('a port that is taken over UDP alone is named so', async () => {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await expect(start([{ host: '127.0.0.1', port }])).rejects.toThrow(
    `UDP 127.0.0.1:${port}: the port is in use`,
  );
  // TCP, which was open already, was closed again.
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
  socket.close();
});

test('the limits count the connections of all addresses together', async () => {
  const { addresses, count } = await start([LOOPBACK, LOOPBACK], { limits: { total: 1, perClient: 1 } });
  const first = await TcpClient.open(addresses[0]!);
  await until(() => count('tcpConnections') === 1, 'one is open');
  const second = await TcpClient.open(addresses[1]!);
  await second.closed;
  expect(count('tcpRefused')).toBe(1);
  first.socket.destroy();
});

test('after close both are silent and the port can be opened again', async () => {
  const { listeners, addresses } = await start([LOOPBACK]);
  await listeners.close();
  await listeners.close();
  const again = await start([addresses[0]!]);
  expect(again.addresses).toEqual(addresses);
});
