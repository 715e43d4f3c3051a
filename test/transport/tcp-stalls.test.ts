// TCP clients that stall: idle, a byte at a time, not reading. Time is moved by hand.
import { afterEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import type { Respond } from '../../src/query/responder.ts';
import type { Listening } from '../../src/transport/deps.ts';
import { listenTcp } from '../../src/transport/tcp.ts';
import { countingDeps, echo, framed, LOOPBACK, pause, replyOf, TcpClient, until } from './support.ts';

const open: Listening[] = [];

async function start(respond: Respond = echo) {
  const clock = new ManualClock(1_000_000);
  const { deps, count } = countingDeps();
  const server = await listenTcp(LOOPBACK, respond, { ...deps, clock });
  open.push(server);
  const client = await TcpClient.open({ host: server.address, port: server.port });
  await until(() => count('tcpConnections') === 1, 'the connection is accepted');
  /** Moves time on; gives the sockets a moment to show what that did. */
  const advance = async (ms: number) => {
    clock.advance(ms);
    await pause(30);
  };
  return { client, advance, isOpen: () => count('tcpConnections') === 1, count };
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close({ graceMs: 0 })));
});

describe('is cut after 10 s', () => {
  test('a client that sends nothing', async () => {
    const { client, advance, isOpen } = await start();
    await advance(9_900);
    expect(isOpen()).toBe(true);
    await advance(200);
    await client.closed;
  });

  test('a client that was answered and then sends nothing', async () => {
    const { client, advance, isOpen } = await start();
    await advance(9_000);
    client.socket.write(framed('a'));
    await until(() => client.messages.length === 1, 'the reply is there');
    await advance(9_000);
    expect(isOpen()).toBe(true);
    await advance(1_100);
    await client.closed;
  });

  test('a client that sends one byte every nine seconds, although it is never silent for ten', async () => {
    const { client, advance, isOpen } = await start();
    client.socket.write(Buffer.from([0]));
    await pause(50);
    await advance(9_000);
    client.socket.write(Buffer.from([40]));
    await pause(50);
    expect(isOpen()).toBe(true);
    await advance(1_100);
    await client.closed;
  });

  test('a client that does not read its replies', async () => {
    const { client, advance, count } = await start(replyOf(60_000));
    client.socket.pause();
    client.socket.write(Buffer.concat(Array.from({ length: 1_000 }, () => framed('z'))));
    await until(() => count('queriesTcp') > 0, 'the server has begun');
    await pause(100);
    // The server stopped answering (and reading) long before the 60 MB that were asked for.
    expect(count('queriesTcp')).toBeLessThan(500);
    await advance(9_000);
    await advance(1_100);
    await until(() => count('tcpConnections') === 0, 'the connection is gone');
    client.socket.destroy();
  });
});

describe('is not cut', () => {
  test('a client that asks every nine seconds', async () => {
    const { client, advance, isOpen } = await start();
    for (let i = 1; i <= 4; i++) {
      await advance(9_000);
      client.socket.write(framed('a'));
      await until(() => client.messages.length === i, 'the reply is there');
    }
    expect(isOpen()).toBe(true);
    client.socket.destroy();
  });

  test('a message that begins late in the idle time has its own ten seconds', async () => {
    const { client, advance, isOpen } = await start();
    await advance(9_000);
    client.socket.write(framed('hello').subarray(0, 3));
    await pause(50);
    await advance(9_000);
    expect(isOpen()).toBe(true);
    client.socket.write(framed('hello').subarray(3));
    await until(() => client.messages.length === 1, 'the reply is there');
    client.socket.destroy();
  });

  test('a client that reads in time what it had let pile up', async () => {
    const { client, advance, count } = await start(replyOf(60_000));
    client.socket.pause();
    client.socket.write(Buffer.concat(Array.from({ length: 300 }, () => framed('z'))));
    await until(() => count('queriesTcp') > 0, 'the server has begun');
    await advance(9_000);
    client.socket.resume();
    await until(() => client.lengths.length === 300, 'all replies are there');
    await advance(9_000);
    expect(count('tcpConnections')).toBe(1);
    client.socket.destroy();
  });
});
