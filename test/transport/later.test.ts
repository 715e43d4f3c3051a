// Replies that come later than their questions are answered: in any order, to clients that are gone, after the end.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import type { Address, Listening, TransportDeps } from '../../src/transport/deps.ts';
import { listenTcp } from '../../src/transport/tcp.ts';
import { listenUdp } from '../../src/transport/udp-portable.ts';
import { LaterResponder } from './later.ts';
import { countingDeps, framed, LOOPBACK, pause, TcpClient, until, within } from './support.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

type Listen = (at: Address, respond: LaterResponder['respond'], deps: TransportDeps) => Promise<Listening>;

async function start(listen: Listen, clock?: ManualClock) {
  const { deps, count } = countingDeps();
  const later = new LaterResponder();
  const server = await listen(LOOPBACK, later.respond, clock === undefined ? deps : { ...deps, clock });
  closing.push(() => server.close({ graceMs: 0 }));
  return { later, server, count, at: { host: server.address, port: server.port } };
}

async function udpClient({ host, port }: Address): Promise<{ socket: Socket; got: string[] }> {
  const socket = createSocket('udp4');
  const got: string[] = [];
  socket.on('message', (message) => got.push(String(message)));
  socket.connect(port, host);
  await once(socket, 'connect');
  closing.push(() => socket.close(() => {}));
  return { socket, got };
}

async function tcpClient(at: Address): Promise<TcpClient> {
  const client = await TcpClient.open(at);
  closing.push(() => client.socket.destroy());
  return client;
}

describe('over UDP', () => {
  it('go to whoever asked, in any order, once', async () => {
    const { later, at } = await start(listenUdp);
    const [a, b] = [await udpClient(at), await udpClient(at)];
    a.socket.send('later a1');
    b.socket.send('later b1');
    a.socket.send('later a2');
    await until(() => later.open.size === 3, 'all are asked');
    b.socket.send('now');
    await until(() => b.got.length === 1, 'one is answered at once');
    for (const text of ['later a2', 'later b1', 'later a1', 'later a1']) later.answer(text);
    a.socket.send('end');
    await until(() => a.got.length === 3 && b.got.length === 2, 'all are answered');
    expect(a.got.toSorted()).toEqual(['end', 're later a1', 're later a2']);
    expect(b.got).toEqual(['now', 're later b1']);
  });

  it('come to nothing where they are empty or too long', async () => {
    const { later, at, count } = await start(listenUdp);
    const a = await udpClient(at);
    a.socket.send('later 1');
    a.socket.send('later 2');
    await until(() => later.open.size === 2, 'both are asked');
    later.answer('later 1', '');
    later.answer('later 2', 'x'.repeat(1233));
    a.socket.send('end');
    await until(() => a.got.length === 1, 'the end is answered');
    expect(a.got).toEqual(['end']);
    expect(count('dropped')).toBe(1);
  });

  it('are waited for by closing, as long as its grace lasts', async () => {
    const { later, server, at } = await start(listenUdp);
    const a = await udpClient(at);
    a.socket.send('changed');
    a.socket.send('later 1');
    await until(() => later.open.size === 1, 'it is asked');
    const closed = server.close({ graceMs: 30_000 });
    expect(await within(50, closed)).toBe(false);
    a.socket.send('too late');
    later.answer('later 1');
    await closed;
    await until(() => a.got.length === 2, 'the reply is there');
    expect(a.got).toEqual(['changed', 're later 1']);
  });

  it('after the end of everything come to nothing', async () => {
    const { later, server, at, count } = await start(listenUdp);
    const a = await udpClient(at);
    a.socket.send('later 1');
    a.socket.send('later 2');
    await until(() => later.open.size === 2, 'both are asked');
    await server.close({ graceMs: 20 });
    later.answer('later 1');
    later.answer('later 2');
    expect(count('dropped')).toBe(2);
  });
});

describe('over TCP', () => {
  it('go to whoever asked, in any order, once, and past those given at once', async () => {
    const { later, at } = await start(listenTcp);
    const [a, b] = [await tcpClient(at), await tcpClient(at)];
    a.socket.write(Buffer.concat(['later a1', 'later a2', 'now'].map((text) => framed(text))));
    b.socket.write(framed('later b1'));
    await until(() => later.open.size === 3 && a.messages.length === 1, 'all are asked');
    for (const text of ['later a2', 'later b1', 'later a1', 'later a1']) later.answer(text);
    a.socket.write(framed('end'));
    await until(() => a.messages.length === 4 && b.messages.length === 1, 'all are answered');
    expect(a.messages).toEqual(['now', 're later a2', 're later a1', 'end']);
    expect(b.messages).toEqual(['re later b1']);
    expect(new Set(later.clients)).toEqual(new Set(['127.0.0.1']));
  });

  it('may come while their question is being answered', async () => {
    const later = new LaterResponder();
    const { deps } = countingDeps();
    const respond: LaterResponder['respond'] = (request, asker, reply) => {
      const length = later.respond(request, asker, reply);
      for (const text of later.open.keys()) later.answer(text);
      return length;
    };
    const server = await listenTcp(LOOPBACK, respond, deps);
    closing.push(() => server.close({ graceMs: 0 }));
    const c = await tcpClient({ host: server.address, port: server.port });
    const texts = Array.from({ length: 500 }, (_, i) => `later ${i}`);
    c.socket.write(Buffer.concat(texts.map((text) => framed(text))));
    await until(() => c.messages.length === 500, 'all are answered');
    expect(c.messages).toEqual(texts.map((text) => `re ${text}`));
  });

  it('to a client that is gone come to nothing', async () => {
    const { later, at, count } = await start(listenTcp);
    const c = await tcpClient(at);
    c.socket.write(framed('later 1'));
    await until(() => later.open.size === 1, 'it is asked');
    c.socket.resetAndDestroy();
    await until(() => count('tcpConnections') === 0, 'the connection is gone');
    later.answer('later 1');
    expect(count('dropped')).toBe(1);
  });

  it('come to a client that has closed its half, and then ours is closed', async () => {
    const { later, at } = await start(listenTcp);
    const c = await tcpClient(at);
    // Node's own end() would close both halves when ours is answered by its end.
    c.socket.allowHalfOpen = true;
    c.socket.end(Buffer.concat(['later 1', 'later 2', 'now'].map((text) => framed(text))));
    await until(() => later.open.size === 2, 'both are asked');
    later.answer('later 2');
    expect(await within(50, c.closed)).toBe(false);
    later.answer('later 1');
    await c.closed;
    expect(c.messages).toEqual(['now', 're later 2', 're later 1']);
  });

  it('are waited for by closing, as long as its grace lasts', async () => {
    const { later, at, server } = await start(listenTcp);
    const [a, b] = [await tcpClient(at), await tcpClient(at)];
    a.socket.write(Buffer.concat([framed('changed'), framed('later a')]));
    await until(() => later.open.size === 1, 'one is asked');
    const closed = server.close({ graceMs: 30_000 });
    await b.closed;
    expect(await within(50, closed)).toBe(false);
    later.answer('later a');
    await closed;
    await a.closed;
    expect(a.messages).toEqual(['changed', 're later a']);
  });

  it('after the grace come to nothing', async () => {
    const { later, at, server, count } = await start(listenTcp);
    const a = await tcpClient(at);
    a.socket.write(framed('later a'));
    await until(() => later.open.size === 1, 'it is asked');
    await server.close({ graceMs: 20 });
    later.answer('later a');
    expect(count('dropped')).toBe(1);
  });

  it('keep a connection open while they are to come, and no longer', async () => {
    const clock = new ManualClock(1_000_000);
    const { later, at, count } = await start(listenTcp, clock);
    const c = await tcpClient(at);
    c.socket.write(Buffer.concat([framed('later 1'), framed('changed')]));
    await until(() => later.open.size === 1, 'it is asked');
    for (let i = 0; i < 5; i++) clock.advance(9_000);
    await pause(30);
    expect(count('tcpConnections')).toBe(1);
    later.answer('later 1');
    await until(() => c.messages.length === 2, 'it is answered');
    clock.advance(9_000);
    await pause(30);
    expect(count('tcpConnections')).toBe(1);
    clock.advance(11_000);
    await c.closed;
  });

  it('are a hundred at most: then nothing more is read until one has come', async () => {
    const { later, at, count } = await start(listenTcp);
    const c = await tcpClient(at);
    const texts = Array.from({ length: 350 }, (_, i) => `later ${i}`);
    c.socket.end(Buffer.concat(texts.map((text) => framed(text))));
    await until(() => later.open.size === 100, 'a hundred are asked');
    await pause(50);
    expect(count('queriesTcp')).toBe(100);
    later.answer('later 7');
    await until(() => later.open.size === 101, 'one more is asked');
    for (let i = 0; i < 350; i++) {
      await until(() => later.open.has(`later ${i}`), `${i} is asked`);
      later.answer(`later ${i}`);
    }
    await c.closed;
    expect(c.messages.toSorted()).toEqual(texts.map((text) => `re ${text}`).toSorted());
  });
});
