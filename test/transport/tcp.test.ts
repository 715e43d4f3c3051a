// TCP: framing, pipelining, half-closed clients, limits, closing.
import { afterEach, describe, expect, test } from 'vitest';
import type { Respond } from '../../src/query/responder.ts';
import type { Address, Listening } from '../../src/transport/deps.ts';
import { listenTcp, type TcpOptions } from '../../src/transport/tcp.ts';
import { ConnectionCount } from '../../src/transport/tcp-limits.ts';
import { countingDeps, echo, framed, LOOPBACK, pause, replyOf, TcpClient, until, within } from './support.ts';

const open: Listening[] = [];
const clients: TcpClient[] = [];

async function start(respond: Respond = echo, options: TcpOptions = {}, address: Address = LOOPBACK) {
  const { deps, count } = countingDeps();
  const server = await listenTcp(address, respond, deps, options);
  open.push(server);
  return { at: { host: server.address, port: server.port }, count, server, deps };
}

async function client(at: Address): Promise<TcpClient> {
  const opened = await TcpClient.open(at);
  clients.push(opened);
  return opened;
}

afterEach(async () => {
  for (const each of clients.splice(0)) each.socket.destroy();
  await Promise.all(open.splice(0).map((server) => server.close({ graceMs: 0 })));
});

describe('messages', () => {
  test('one, and its reply', async () => {
    const { at, count } = await start();
    const c = await client(at);
    c.socket.write(framed('hello'));
    await until(() => c.messages.length === 1, 'the reply is there');
    expect(c.messages).toEqual(['hello']);
    expect(count('queriesTcp')).toBe(1);
    expect(count('tcpConnections')).toBe(1);
  });

  test('over IPv6', async () => {
    const { at } = await start(echo, {}, { host: '::1', port: 0 }).catch((error: unknown) => {
      throw new Error('this test needs IPv6 on the loopback (::1)', { cause: error });
    });
    const c = await client(at);
    c.socket.write(framed('six'));
    await until(() => c.messages.length === 1, 'the reply is there');
  });

  test('several in one segment, in order', async () => {
    const { at } = await start();
    const c = await client(at);
    c.socket.write(Buffer.concat(['one', 'two', 'three'].map((text) => framed(text))));
    await until(() => c.messages.length === 3, 'three replies are there');
    expect(c.messages).toEqual(['one', 'two', 'three']);
  });

  test('one byte by byte', async () => {
    const { at } = await start();
    const c = await client(at);
    for (const byte of framed('slowly')) {
      c.socket.write(Buffer.from([byte]));
      await pause(2);
    }
    await until(() => c.messages.length === 1, 'the reply is there');
    expect(c.messages).toEqual(['slowly']);
  });

  test('one of 65,535 bytes', async () => {
    const { at } = await start();
    const c = await client(at);
    c.socket.write(framed(Buffer.alloc(65_535, 0x62)));
    await until(() => c.messages.length === 1, 'the reply is there');
    expect(c.lengths).toEqual([65_535]);
  });

  test('10,000 pipelined, every one', async () => {
    const { at } = await start();
    const c = await client(at);
    const texts = Array.from({ length: 10_000 }, (_, i) => `query ${i}`);
    c.socket.write(Buffer.concat(texts.map((text) => framed(text))));
    await until(() => c.messages.length === texts.length, 'all replies are there');
    expect(c.messages).toEqual(texts);
  });

  test('with none due: the connection goes on', async () => {
    const { at } = await start();
    const c = await client(at);
    c.socket.write(Buffer.concat([framed('no reply'), framed('yes')]));
    await until(() => c.messages.length === 1, 'the second is answered');
    expect(c.messages).toEqual(['yes']);
  });

  test('of no bytes: the connection is closed', async () => {
    const { at, count } = await start();
    const c = await client(at);
    c.socket.write(Buffer.from([0, 0]));
    await c.closed;
    expect(count('queriesTcp')).toBe(0);
  });

  test('of a client that resets the connection: nothing breaks', async () => {
    const { at, count } = await start(replyOf(60_000));
    for (let i = 0; i < 20; i++) {
      const c = await client(at);
      c.socket.write(framed('a'));
      if (i % 2) await pause(1);
      c.socket.resetAndDestroy();
    }
    await until(() => count('tcpConnections') === 0, 'all are gone');
    const c = await client(at);
    c.socket.write(framed('a'));
    await until(() => c.messages.length === 1, 'the reply is there');
  });
});

describe('a client that closes its half', () => {
  test('gets its replies, then the rest is closed', async () => {
    const { at, count } = await start();
    const c = await client(at);
    c.socket.end(Buffer.concat([framed('one'), framed('two')]));
    await c.closed;
    expect(c.messages).toEqual(['one', 'two']);
    await until(() => count('tcpConnections') === 0, 'the connection is gone');
  });

  test('gets them also when they are more than a socket holds', async () => {
    const { at } = await start(replyOf(60_000));
    const c = await client(at);
    c.socket.end(Buffer.concat(Array.from({ length: 200 }, () => framed('z'))));
    await c.closed;
    expect(c.lengths).toEqual(Array.from({ length: 200 }, () => 60_000));
  });

  test('in the middle of a message: closed without a reply', async () => {
    const { at } = await start();
    const c = await client(at);
    c.socket.end(Buffer.from([0, 9, 1, 2]));
    await c.closed;
    expect(c.messages).toEqual([]);
  });
});

describe('limits', () => {
  test('in total: the connection over it is closed at once and counted, a place given back is given again', async () => {
    const { deps, count } = countingDeps();
    const limit = new ConnectionCount({ total: 2, perClient: 9 }, deps.counters);
    const server = await listenTcp(LOOPBACK, echo, deps, { count: limit });
    open.push(server);
    const at = { host: server.address, port: server.port };
    const [first] = [await client(at), await client(at)];
    await until(() => count('tcpConnections') === 2, 'two are open');
    await (await client(at)).closed;
    expect(count('tcpRefused')).toBe(1);
    first?.socket.destroy();
    await until(() => count('tcpConnections') === 1, 'one is gone');
    const c = await client(at);
    c.socket.write(framed('in'));
    await until(() => c.messages.length === 1, 'the reply is there');
  });

  test('for each client address: others are still served', async () => {
    const { deps, count } = countingDeps();
    const limit = new ConnectionCount({ total: 9, perClient: 1 }, deps.counters);
    expect([limit.enter('10.0.0.1'), limit.enter('10.0.0.1'), limit.enter('10.0.0.2')]).toEqual([
      true,
      false,
      true,
    ]);
    expect([count('tcpConnections'), count('tcpRefused')]).toEqual([2, 1]);
    limit.leave('10.0.0.1');
    expect(limit.enter('10.0.0.1')).toBe(true);
    limit.leave('10.0.0.1');
    limit.leave('10.0.0.2');
    expect(count('tcpConnections')).toBe(0);
  });
});

describe('close', () => {
  test('ends idle connections at once and takes no new ones', async () => {
    const { at, server } = await start();
    const c = await client(at);
    c.socket.write(framed('a'));
    await until(() => c.messages.length === 1, 'the reply is there');
    expect(await within(1_500, server.close())).toBe(true);
    await c.closed;
    await expect(TcpClient.open(at)).rejects.toThrow('ECONNREFUSED');
  });

  test('lets replies in hand leave', async () => {
    const { at, server, count } = await start(replyOf(60_000));
    const c = await client(at);
    c.socket.pause();
    c.socket.write(Buffer.concat(Array.from({ length: 100 }, () => framed('z'))));
    await until(() => count('queriesTcp') > 0, 'the server has begun');
    await pause(50);
    const closing = server.close({ graceMs: 8_000 });
    c.socket.resume();
    await closing;
    await c.closed;
    expect(c.lengths.length).toBe(100);
  });

  test('cuts a client that stays when the grace is over', async () => {
    const { at, server, count } = await start(replyOf(60_000));
    const c = await client(at);
    c.socket.pause();
    c.socket.write(Buffer.concat(Array.from({ length: 200 }, () => framed('z'))));
    await until(() => count('queriesTcp') > 0, 'the server has begun');
    expect(await within(8_000, server.close({ graceMs: 50 }))).toBe(true);
  });
});
