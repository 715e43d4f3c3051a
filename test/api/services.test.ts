// Services, leases, entries and transactions over HTTP, and every way to ask wrongly.
import { request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ApiScene, ask } from './scene.ts';

const scene = new ApiScene();
const A = '/v1/services/a.skydns.local';
const service = { host: '10.0.0.1', port: 80 };

describe('a service', () => {
  it('is written, read, listed and removed', async () => {
    const api = await scene.start();
    const put = await ask(api, 'PUT', A, { body: service });
    expect(put).toMatchObject({ status: 200, json: { revision: expect.any(Number) } });
    const got = await ask(api, 'GET', A);
    expect(got.json).toMatchObject({
      name: 'a.skydns.local',
      key: '/skydns/local/skydns/a',
      service,
      lease: null,
    });
    expect(got.headers.get('etag')).toBe(`"${put.json.revision}"`);
    await ask(api, 'PUT', '/v1/services/1.B.skydns.local', { body: { text: 'ü', unknown: [1] } });
    const below = await ask(api, 'GET', '/v1/services?prefix=b.skydns.local');
    expect(below.json.services).toMatchObject([
      { name: '1.b.skydns.local', service: { text: 'ü', unknown: [1] } },
    ]);
    expect((await ask(api, 'GET', '/v1/services')).json.services).toHaveLength(2);
    expect(await ask(api, 'DELETE', A)).toMatchObject({ status: 200 });
    expect(await ask(api, 'DELETE', A)).toMatchObject({ status: 404, json: { title: 'Not Found' } });
    expect(await ask(api, 'GET', A)).toMatchObject({ status: 404 });
  });

  it('is found by its name as a URL has it', async () => {
    const api = await scene.start();
    for (const name of [
      '*.skydns.local',
      '_http._tcp.skydns.local',
      'straße.skydns.local',
      'x.SKYDNS.local.',
    ]) {
      const path = `/v1/services/${encodeURIComponent(name)}`;
      expect(await ask(api, 'PUT', path, { body: service })).toMatchObject({ status: 200 });
      expect(await ask(api, 'GET', path)).toMatchObject({ status: 200 });
    }
    expect(await ask(api, 'GET', '/v1/services/%78%2eskydns.local')).toMatchObject({ status: 200 });
  });

  it('that cannot be used is shown with why', async () => {
    const api = await scene.start();
    await api.registry.commit([{ kind: 'put', key: '/skydns/local/skydns/bad', value: '{"port":-1}' }]);
    expect((await ask(api, 'GET', '/v1/services')).json.services).toMatchObject([
      { name: 'bad.skydns.local', value: '{"port":-1}', problem: expect.stringContaining('port: -1') },
    ]);
  });

  it('is replaced only where it is what it was', async () => {
    const api = await scene.start();
    const first = await ask(api, 'PUT', A, { body: service, headers: { 'if-none-match': '*' } });
    expect(first.status).toBe(200);
    const etag = first.headers.get('etag')!;
    expect(await ask(api, 'PUT', A, { body: service, headers: { 'if-none-match': '*' } })).toMatchObject({
      status: 412,
    });
    const second = await ask(api, 'PUT', A, {
      body: { ...service, port: 81 },
      headers: { 'if-match': etag },
    });
    expect(second.status).toBe(200);
    expect(await ask(api, 'PUT', A, { body: service, headers: { 'if-match': etag } })).toMatchObject({
      status: 412,
    });
    expect(await ask(api, 'DELETE', A, { headers: { 'if-match': etag } })).toMatchObject({ status: 412 });
    expect(
      await ask(api, 'DELETE', A, { headers: { 'if-match': `"1", ${second.headers.get('etag')}` } }),
    ).toMatchObject({
      status: 200,
    });
    expect(await ask(api, 'PUT', A, { body: service, headers: { 'if-match': '*' } })).toMatchObject({
      status: 412,
    });
    expect(await ask(api, 'PUT', A, { body: service, headers: { 'if-none-match': '"1"' } })).toMatchObject({
      status: 422,
    });
  });

  it('is lost by nobody where many write at once under conditions', async () => {
    const api = await scene.start();
    await ask(api, 'PUT', A, { body: { text: '0' } });
    const add = async () => {
      for (;;) {
        const { headers, json } = await ask(api, 'GET', A);
        const text = String(Number((json.service as { text: string }).text) + 1);
        const put = await ask(api, 'PUT', A, {
          body: { text },
          headers: { 'if-match': headers.get('etag')! },
        });
        if (put.status === 200) return;
      }
    };
    await Promise.all(Array.from({ length: 10 }, add));
    expect((await ask(api, 'GET', A)).json.service).toEqual({ text: '10' });
  });
});

describe('leases', () => {
  it('hold services, are kept alive, and end them', async () => {
    const api = await scene.start();
    const { status, json } = await ask(api, 'POST', '/v1/leases', { body: { ttl: 600 } });
    expect({ status, ttl: json.ttl }).toEqual({ status: 201, ttl: 600 });
    const lease = `/v1/leases/${json.id}`;
    expect(await ask(api, 'PUT', `${A}?lease=${json.id}`, { body: service })).toMatchObject({ status: 200 });
    expect((await ask(api, 'GET', A)).json.lease).toEqual(json);
    expect(await ask(api, 'POST', `${lease}/keepalive`)).toMatchObject({ status: 204 });
    expect((await ask(api, 'GET', lease)).json).toEqual({ id: json.id, expired: false });
    for (let i = 0; i < 2; i++) expect(await ask(api, 'DELETE', lease)).toMatchObject({ status: 204 });
    expect(await ask(api, 'GET', A)).toMatchObject({ status: 404 });
    expect(await ask(api, 'POST', `${lease}/keepalive`)).toMatchObject({ status: 404 });
    expect(await ask(api, 'PUT', `${A}?lease=${json.id}`, { body: service })).toMatchObject({
      status: 409,
      json: { code: 'registry', detail: expect.stringContaining('does not exist') },
    });
  });
});

describe('a bad request is told why', () => {
  it.each([
    ['a body that is not JSON', 'PUT', A, '{"host":', 400, 'the body is not JSON'],
    ['a body that is no object', 'PUT', A, '[]', 422, 'the body'],
    ['a field of a wrong type', 'PUT', A, '{"port":"x"}', 422, 'port'],
    ['a host that is none', 'PUT', A, '{"host":"a host"}', 422, 'would not be served: host: "a host"'],
    [
      'a name outside all zones',
      'PUT',
      '/v1/services/a.example.org',
      '{}',
      422,
      'outside the zones (skydns.local)',
    ],
    ['a name with an empty label', 'PUT', '/v1/services/a..skydns.local', '{}', 422, 'empty label'],
    ['a slash in a label', 'PUT', '/v1/services/a%2Fb.skydns.local', '{}', 422, 'cannot be a part of a key'],
    [
      'a NUL in a label',
      'GET',
      '/v1/services/a%00.skydns.local',
      undefined,
      422,
      'cannot be a part of a key',
    ],
    [
      'bytes that are no UTF-8',
      'GET',
      '/v1/services/%ff.skydns.local',
      undefined,
      400,
      'percent-encoded UTF-8',
    ],
    ['half an escape', 'GET', '/v1/services/a%2.skydns.local', undefined, 400, 'percent-encoded UTF-8'],
    ['the way out', 'GET', '/v1/services/%2e%2e/leases/1/x', undefined, 404, 'no such path'],
    ['an encoded way out', 'GET', '/v1/services/..%2fleases', undefined, 422, 'not a name'],
    ['a query that there is not', 'GET', '/v1/services?prefx=a', undefined, 422, 'prefx'],
    ['a query given twice', 'GET', '/v1/services?prefix=a&prefix=b', undefined, 422, 'more than once'],
    ['a lease that is no number', 'PUT', `${A}?lease=a`, '{}', 422, 'lease'],
    ['a TTL of nothing', 'POST', '/v1/leases', '{"ttl":0}', 422, 'ttl'],
    ['a revision that is none', 'GET', '/v1/wait?revision=-1', undefined, 422, 'revision'],
    ['no revision', 'GET', '/v1/wait', undefined, 422, 'revision'],
    ['a time-out too long', 'GET', '/v1/wait?revision=1&timeout=301', undefined, 422, 'timeout'],
    ['a key elsewhere', 'GET', '/v1/entries?key=/other/a', undefined, 422, 'does not lie below /skydns/'],
    [
      'writes elsewhere',
      'POST',
      '/v1/transactions',
      '{"writes":[{"kind":"delete","key":"/x/a"}]}',
      422,
      '/skydns/',
    ],
    ['a write of no kind', 'POST', '/v1/transactions', '{"writes":[{"kind":"move"}]}', 422, 'writes.0'],
    ['a path that there is not', 'GET', '/v1/nothing', undefined, 404, '/v1/openapi.json'],
    ['a method that there is not', 'PATCH', A, undefined, 405, 'GET, PUT, DELETE, HEAD'],
  ])('%s', async (_, method, path, body, status, detail) => {
    const api = await scene.start();
    const reply = await ask(api, method, path, body === undefined ? {} : { body });
    expect(reply.headers.get('content-type')).toBe('application/problem+json');
    expect(reply).toMatchObject({ status, json: { type: 'about:blank', status } });
    expect(reply.json.detail).toContain(detail);
  });

  it('a body of another type', async () => {
    const api = await scene.start();
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', '']) {
      const reply = await ask(api, 'PUT', A, { body: service, headers: { 'content-type': type } });
      expect(reply).toMatchObject({ status: 415 });
    }
  });

  it('a body that is no UTF-8', async () => {
    const { origin } = await scene.start();
    const response = await fetch(`${origin}${A}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from([0x22, 0xff, 0x22]),
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('not UTF-8');
  });

  it.each(['with its length', 'in chunks'])('a body that is too large, %s', async (how) => {
    const { origin } = await scene.start();
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const length = how === 'in chunks' ? {} : { 'content-length': 6_000_000 };
      const sent = request(`${origin}${A}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', ...length },
      });
      sent.once('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.once('error', reject);
      for (let i = 0; i < 6; i++) sent.write(' '.repeat(1_000_000));
      sent.end();
    });
    expect(status).toBe(413);
  });

  it('a request that is no HTTP, and the server goes on', async () => {
    const api = await scene.start();
    const { port } = new URL(api.origin);
    const reply = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () =>
        socket.end('GET /v1/services\u0000 HTTP/9\r\n\r\n'),
      );
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.once('close', () => resolve(text));
    });
    expect(reply).toMatch(/^HTTP\/1\.1 400 /);
    expect(await ask(api, 'GET', '/v1/services')).toMatchObject({ status: 200 });
  });
});

describe('entries', () => {
  it('are what is stored, now and before', async () => {
    const api = await scene.start();
    const put = (key: string, value: string) => ({ kind: 'put', key: `/skydns/${key}`, value });
    const first = await ask(api, 'POST', '/v1/transactions', {
      body: { writes: [put('b/B', 'no JSON'), put('a', '')] },
    });
    const revision = Number(first.json.revision);
    const all = await ask(api, 'GET', '/v1/entries');
    expect(all.json.entries).toMatchObject([
      { key: '/skydns/a', value: '', revision },
      { key: '/skydns/b/B', value: 'no JSON', revision },
    ]);
    expect((await ask(api, 'GET', '/v1/entries?key=/skydns/b')).json.entries).toHaveLength(1);
    const wrong = { if: [{ key: '/skydns/a', revision: null }], writes: [put('a', '2')] };
    expect(await ask(api, 'POST', '/v1/transactions', { body: wrong })).toMatchObject({ status: 412 });
    const right = { if: [{ key: '/skydns/a', revision }], writes: [put('a', '2')] };
    const second = await ask(api, 'POST', '/v1/transactions', { body: right });
    expect(second.status).toBe(200);
    expect((await ask(api, 'GET', '/v1/entry?key=/skydns/a')).json.entry).toMatchObject({ value: '2' });
    const before = `/v1/history?key=/skydns/a&before=${second.json.revision}`;
    expect((await ask(api, 'GET', before)).json).toMatchObject({
      known: true,
      entry: { value: '', revision },
    });
  });

  it('come whole, however many there are', async () => {
    const api = await scene.start();
    for (let i = 0; i < 25; i++) {
      const writes = Array.from({ length: 100 }, (_, j) => ({
        kind: 'put',
        key: `/skydns/${i}-${j}`,
        value: 'x',
      }));
      await ask(api, 'POST', '/v1/transactions', { body: { writes } });
    }
    expect((await ask(api, 'GET', '/v1/entries')).json.entries).toHaveLength(2_500);
    const none = await ask(api, 'GET', '/v1/entries?key=/skydns/none');
    expect(none.json.entries).toEqual([]);
  });
});
