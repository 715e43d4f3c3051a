// UDP through node:dgram: answers, silence, ports that cannot be opened.
import { createSocket, Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { FingerpostError } from '../../src/base/errors.ts';
import type { Respond } from '../../src/query/responder.ts';
import type { Address, Listening } from '../../src/transport/deps.ts';
import { listenUdp } from '../../src/transport/udp-portable.ts';
import { askUdp, countingDeps, echo, LOOPBACK, replyOf, until } from './support.ts';

const open: Listening[] = [];

async function start(respond: Respond, address: Address = LOOPBACK) {
  const { deps, count } = countingDeps();
  const server = await listenUdp(address, respond, deps);
  open.push(server);
  return { at: { host: server.address, port: server.port }, count, server };
}

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(open.splice(0).map((server) => server.close()));
});

describe('answers', () => {
  test('over IPv4, and counts the query', async () => {
    const { at, count } = await start(echo);
    expect(await askUdp(at, 'hello')).toBe('hello');
    expect(count('queriesUdp')).toBe(1);
    expect(count('dropped')).toBe(0);
  });

  test('over IPv6', async () => {
    const { at } = await start(echo, { host: '::1', port: 0 }).catch((error: unknown) => {
      throw new Error('this test needs IPv6 on the loopback (::1)', { cause: error });
    });
    expect(await askUdp(at, 'hello')).toBe('hello');
  });

  test('says that it is UDP and who asks, and offers 1232 bytes', async () => {
    const seen: unknown[] = [];
    const { at } = await start((request, asker, reply) => {
      seen.push(asker.transport, asker.client.text(), reply.length);
      return echo(request, asker, reply);
    });
    await askUdp(at, 'x');
    expect(seen).toEqual(['udp', '127.0.0.1', 1232]);
  });

  test('with replies of many lengths, each to the client that asked', async () => {
    const { at } = await start(echo);
    const texts = Array.from({ length: 200 }, (_, i) => `${i}:`.padEnd(5 + ((i * 37) % 1200), 'y'));
    expect(await Promise.all(texts.map((text) => askUdp(at, text)))).toEqual(texts);
  });

  test('a burst of 2,000 queries from one client, every one', async () => {
    const { at } = await start(echo);
    const client = createSocket('udp4');
    client.bind(0);
    await once(client, 'listening');
    client.setRecvBufferSize(4 << 20);
    const got = new Set<string>();
    client.on('message', (message) => got.add(String(message)));
    for (let i = 0; i < 2_000; i++) client.send(`q${i}`, at.port, at.host);
    await until(() => got.size === 2_000, 'all 2,000 replies are there');
    client.close();
  });
});

describe('is silent', () => {
  test('where no reply is due, and goes on', async () => {
    const { at } = await start(echo);
    expect(await askUdp(at, 'no reply', 100)).toBeUndefined();
    expect(await askUdp(at, '', 100)).toBeUndefined();
    expect(await askUdp(at, 'yes')).toBe('yes');
  });
});

/** The dgram socket inside the server, reached as its events reach it. */
async function socketOf(begin: () => Promise<unknown>): Promise<Socket> {
  const bind = vi.spyOn(Socket.prototype, 'bind');
  await begin();
  return bind.mock.contexts[0] as Socket;
}

describe('when sending fails', () => {
  test('it is counted and nothing breaks', async () => {
    let count: (name: 'dropped' | 'queriesUdp') => number = () => 0;
    let at = LOOPBACK;
    const socket = await socketOf(async () => {
      ({ at, count } = await start(replyOf(20)));
    });
    const send = socket.send.bind(socket) as (...args: unknown[]) => void;
    let failing = true;
    vi.spyOn(socket, 'send').mockImplementation(((...args: unknown[]) => {
      const done = args[3] as ((error: Error) => void) | undefined;
      if (!failing) send(...args);
      else if (done) process.nextTick(done, Object.assign(new Error('unreachable'), { code: 'ENETUNREACH' }));
    }) as never);
    for (let i = 0; i < 3; i++) expect(await askUdp(at, 'a', 100)).toBeUndefined();
    expect(count('dropped')).toBe(3);
    failing = false;
    expect(await askUdp(at, 'a')).toContain('a');
    expect(count('dropped')).toBe(3);
  });

  test('a query from port 0 is dropped', async () => {
    let count: (name: 'dropped') => number = () => 0;
    const socket = await socketOf(async () => {
      ({ count } = await start(echo));
    });
    socket.emit('message', Buffer.from('a'), { address: '127.0.0.1', family: 'IPv4', port: 0, size: 1 });
    expect(count('dropped')).toBe(1);
  });

  test('while the queue is full, queries are dropped and counted', async () => {
    let count: (name: 'dropped') => number = () => 0;
    let at = LOOPBACK;
    const socket = await socketOf(async () => {
      ({ at, count } = await start(echo));
    });
    const queue = vi.spyOn(socket, 'getSendQueueCount').mockReturnValue(64);
    expect(await askUdp(at, 'a', 100)).toBeUndefined();
    expect(count('dropped')).toBe(1);
    queue.mockReturnValue(0);
    expect(await askUdp(at, 'a')).toBe('a');
  });
});

describe('a port that cannot be opened', () => {
  async function failure(address: Address): Promise<string> {
    const error = await start(echo, address).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FingerpostError);
    expect((error as FingerpostError).code).toBe('listen');
    return (error as FingerpostError).message;
  }

  test('because it is in use', async () => {
    const { at } = await start(echo);
    expect(await failure(at)).toBe(
      `cannot listen on UDP 127.0.0.1:${at.port}: the port is in use by another program (or another fingerpost)`,
    );
  });

  test('because the address is not of this machine', async () => {
    expect(await failure({ host: '192.0.2.1', port: 5300 })).toBe(
      'cannot listen on UDP 192.0.2.1:5300: it is not an address of this machine',
    );
  });

  test('because the address is none', async () => {
    expect(await failure({ host: 'nonsense', port: 5300 })).toContain(
      'UDP nonsense:5300: it is not an IPv4 or',
    );
  });
});

test('after close nothing answers and the port is free', async () => {
  const { at, server } = await start(echo);
  await server.close();
  await server.close();
  const again = await start(echo, at);
  expect(await askUdp(again.at, 'hello')).toBe('hello');
});
