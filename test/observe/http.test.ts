// Health and metrics over HTTP, on a real port.
import { afterEach, describe, expect, it } from 'vitest';
import { type Health, type HttpServer, startHttp } from '../../src/observe/http.ts';
import { createMetrics } from '../../src/observe/metrics.ts';

const open: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function start(health: Health, host = '127.0.0.1'): Promise<string> {
  const server = await startHttp(
    { host, port: 0 },
    { metrics: createMetrics({ process: false }), health: () => health },
  );
  open.push(server);
  expect(server.address.port).toBeGreaterThan(0);
  return `http://127.0.0.1:${server.address.port}`;
}

async function get(url: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url);
  return { status: response.status, body: await response.json() };
}

describe('/readyz', () => {
  it('is 503 until the registry was read', async () => {
    const url = await start({
      registry: 'etcd://here',
      state: 'starting',
      revision: 0,
      cause: new Error('etcd is away'),
    });
    expect(await get(`${url}/readyz`)).toEqual({
      status: 503,
      body: {
        ready: false,
        registry: 'etcd://here',
        state: 'starting',
        why: 'the registry has not been read yet: questions in the zones are answered SERVFAIL',
        revision: 0,
        cause: 'etcd is away',
      },
    });
  });

  it('is 200 when synced', async () => {
    const url = await start({ registry: 'etcd://here', state: 'synced', revision: 12 });
    expect(await get(`${url}/readyz`)).toEqual({
      status: 200,
      body: {
        ready: true,
        registry: 'etcd://here',
        state: 'synced',
        why: 'answers are up to date with the registry',
        revision: 12,
      },
    });
  });

  it('is 200 when stale, and says since when and why', async () => {
    const url = await start({
      registry: 'etcd://here',
      state: 'stale',
      since: 0,
      policy: { staleTtl: 30, staleMax: 3600 },
      revision: 12,
      cause: new Error('gone'),
    });
    expect(await get(`${url}/readyz`)).toEqual({
      status: 200,
      body: {
        ready: true,
        registry: 'etcd://here',
        state: 'stale',
        why: 'cut off from the registry since 1970-01-01T00:00:00.000Z: what was known is served, with TTLs of 30 s at most, until 1970-01-01T01:00:00.000Z',
        revision: 12,
        since: '1970-01-01T00:00:00.000Z',
        servedUntil: '1970-01-01T01:00:00.000Z',
        cause: 'gone',
      },
    });
  });
});

describe('upstream servers', () => {
  it('are named with their state in both, and take nothing from being ready', async () => {
    const url = await start({
      registry: 'etcd://here',
      state: 'synced',
      revision: 12,
      upstream: [
        {
          name: 'forward',
          servers: [
            { address: '192.0.2.1:53', state: 'up', roundTripMs: 1.2345 },
            { address: '192.0.2.2:53', state: 'down', since: 0 },
            { address: '127.0.0.1:53', state: 'loop' },
          ],
        },
        { name: 'stub example.com', servers: [] },
      ],
    });
    const upstream = [
      {
        name: 'forward',
        servers: [
          { address: '192.0.2.1:53', state: 'up', roundTripMs: 1.2 },
          { address: '192.0.2.2:53', state: 'down', since: '1970-01-01T00:00:00.000Z' },
          { address: '127.0.0.1:53', state: 'loop' },
        ],
      },
      { name: 'stub example.com', servers: [] },
    ];
    expect(await get(`${url}/readyz`)).toMatchObject({ status: 200, body: { ready: true, upstream } });
    expect(await get(`${url}/healthz`)).toMatchObject({ status: 200, body: { ok: true, upstream } });
  });
});

describe('/readyz, when nothing that is known is told any more', () => {
  it('is 503', async () => {
    const url = await start({
      registry: 'etcd://here',
      state: 'stale',
      since: 0,
      expired: true,
      revision: 1,
    });
    expect(await get(`${url}/readyz`)).toMatchObject({
      status: 503,
      body: { ready: false, expired: true, why: expect.stringContaining('longer than --stale-max') },
    });
    expect(await get(`${url}/healthz`)).toMatchObject({ status: 200 });
  });
});

describe('/readyz, of a server that stops', () => {
  it('is 503, and says so', async () => {
    const url = await start({ registry: 'etcd://here', state: 'stopping', revision: 1 });
    expect(await get(`${url}/readyz`)).toMatchObject({
      status: 503,
      body: { ready: false, why: 'it has been told to stop' },
    });
  });
});

describe('/healthz', () => {
  it('is 200 whatever the registry does', async () => {
    const url = await start({ registry: 'etcd://here', state: 'starting', revision: 0 });
    expect(await get(`${url}/healthz`)).toMatchObject({
      status: 200,
      body: { ok: true, uptimeSeconds: expect.any(Number), state: 'starting', revision: 0 },
    });
    // One field a line, for people.
    expect(await (await fetch(`${url}/healthz`)).text()).toContain('\n  "state": "starting",\n');
  });
});

describe('/metrics', () => {
  it('is the text format', async () => {
    const response = await fetch(
      `${await start({ registry: 'etcd://here', state: 'synced', revision: 1 })}/metrics`,
    );
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await response.text()).toContain('fingerpost_received_total{proto="udp"} 0');
  });
});

describe('the port', () => {
  it('that is in use is one error with address and reason', async () => {
    const url = await start({ registry: 'etcd://here', state: 'synced', revision: 1 });
    const again = startHttp(
      { host: '127.0.0.1', port: Number(new URL(url).port) },
      {
        metrics: createMetrics({ process: false }),
        health: () => ({ registry: 'etcd://here', state: 'synced', revision: 1 }),
      },
    );
    await expect(again).rejects.toMatchObject({
      code: 'listen',
      message: expect.stringContaining('cannot serve HTTP on 127.0.0.1:'),
    });
  });

  it('is closed at once, a connection that is kept alive included', async () => {
    const url = await start({ registry: 'etcd://here', state: 'synced', revision: 1 });
    await fetch(`${url}/healthz`);
    await open.splice(0)[0]?.close();
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });

  it('answers other paths with where to look', async () => {
    const { status, body } = await get(
      `${await start({ registry: 'etcd://here', state: 'synced', revision: 1 })}/nope`,
    );
    expect(status).toBe(404);
    expect(body).toMatchObject({ try: ['/healthz', '/readyz', '/metrics', '/v1/openapi.json'] });
  });
});
