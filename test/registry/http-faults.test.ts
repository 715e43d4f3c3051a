// Another server's registry that goes, comes again, is cut off itself, or is something else.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcp, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { HttpRegistry } from '../../src/registry/http.ts';
import { SqliteRegistry } from '../../src/registry/sqlite.ts';
import { startApi, type TestApi } from '../support/api.ts';
import { View } from './view.ts';
import { put } from './writes.ts';

const deps = { logger: silent, clock: realClock };
const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const ending of endings.splice(0).reverse()) await ending();
});

async function place(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fingerpost-http-'));
  endings.push(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'registry.db');
}

async function api(path: string): Promise<TestApi> {
  const server = await startApi(new SqliteRegistry({ url: `sqlite:${path}`, prefix: '/skydns', path }, deps));
  endings.push(() => server.close());
  return server;
}

function client(origin: string, token?: string): HttpRegistry {
  const registry = new HttpRegistry({ url: origin, prefix: '/skydns', origin, token }, deps);
  endings.push(() => registry.close());
  return registry;
}

/** A line between client and server that can be cut, and led to another server. */
async function line(): Promise<{ origin: string; lead(to: string | undefined): void; cut(): void }> {
  let target: string | undefined;
  const open = new Set<Socket>();
  const relay = createTcp((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => open.delete(socket));
    if (target === undefined) {
      socket.destroy();
      return;
    }
    const on = connect(Number(new URL(target).port), '127.0.0.1');
    on.on('error', () => socket.destroy());
    on.once('close', () => socket.destroy());
    socket.once('close', () => on.destroy());
    socket.pipe(on).pipe(socket);
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  endings.push(async () => {
    cut();
    relay.close();
  });
  return {
    origin: `http://127.0.0.1:${(relay.address() as AddressInfo).port}`,
    lead: (to) => {
      target = to;
    },
    cut,
  };
}

describe('a watch over HTTP', { timeout: 120_000 }, () => {
  it('goes on where it was when the line was cut, without a list', async () => {
    const server = await api(await place());
    const between = await line();
    between.lead(server.origin);
    const view = new View();
    client(between.origin).watch(view);
    await view.synced();
    await server.registry.commit([put('/skydns/a', '1')]);
    await view.has('/skydns/a', '1');
    for (let i = 0; i < 3; i++) {
      between.lead(undefined);
      between.cut();
      await server.registry.commit([put('/skydns/a', `cut ${i}`)]);
      between.lead(server.origin);
      await view.has('/skydns/a', `cut ${i}`);
    }
    expect(view.lists).toHaveLength(1);
    expect(view.faults).toEqual([]);
    expect(view.states.map(({ kind }) => kind)).not.toContain('starting');
  });

  it('lists where another process answers, and says that it is stale while none does', async () => {
    const path = await place();
    const between = await line();
    const first = await api(path);
    await first.registry.commit([put('/skydns/a', '1'), put('/skydns/b', '1')]);
    between.lead(first.origin);
    const view = new View();
    const registry = client(between.origin);
    registry.watch(view);
    await view.synced();
    between.lead(undefined);
    between.cut();
    await view.stale();
    expect(view.states.at(-1)).toMatchObject({ cause: { code: 'unavailable' } });
    await expect(registry.list()).rejects.toMatchObject({ code: 'unavailable' });
    await first.registry.commit([{ kind: 'delete', key: '/skydns/b' }]);
    between.lead((await api(path)).origin);
    await view.has('/skydns/b', undefined);
    expect(view.lists).toHaveLength(2);
    await view.synced();
    expect(view.faults).toEqual([]);
  });

  it('is stale while the server itself is cut off', async () => {
    const path = await place();
    const server = await api(path);
    const view = new View();
    client(server.origin).watch(view);
    await view.synced();
    await rm(path);
    await view.until('stale', () => view.kind === 'stale');
    const { cause } = view.states.at(-1) as { cause: Error };
    expect(cause.message).toContain('the server is cut off from its registry');
  });
});

describe('calls over HTTP', { timeout: 120_000 }, () => {
  it('to what is no Fingerpost are refused', async () => {
    const stranger = createServer((request, response) => {
      response.writeHead(request.url?.startsWith('/v1/entry?') ? 200 : 404, { 'content-type': 'text/html' });
      response.end(request.url?.startsWith('/v1/entry?') ? '<p>{"revision":1}' : '<p>not found');
    });
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    endings.push(async () => stranger.close());
    const registry = client(`http://127.0.0.1:${(stranger.address() as AddressInfo).port}`);
    const refused = { code: 'registry', message: expect.stringContaining('is no Fingerpost') };
    await expect(registry.list()).rejects.toMatchObject(refused);
    await expect(registry.get('/skydns/a')).rejects.toMatchObject(refused);
    await expect(registry.commit([])).rejects.toMatchObject(refused);
    const view = new View();
    registry.watch(view);
    await view.stale();
    expect(view.states).toMatchObject([{ cause: refused }]);
  });

  it('that write say so where it is not known whether it was done', async () => {
    const silentOne = createTcp((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.destroy());
    });
    await new Promise<void>((resolve) => silentOne.listen(0, '127.0.0.1', resolve));
    endings.push(async () => silentOne.close());
    const registry = client(`http://127.0.0.1:${(silentOne.address() as AddressInfo).port}`);
    await expect(registry.commit([])).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('whether it was done is not known'),
    });
    await expect(registry.list()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.not.stringContaining('known'),
    });
  });
});
