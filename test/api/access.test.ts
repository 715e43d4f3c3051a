// Who may write: a token where there is one, else this machine alone, and no page that a browser shows.
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { isLoopback } from '../../src/api/access.ts';
import { ApiScene, ask } from './scene.ts';

const scene = new ApiScene();
const A = '/v1/services/a.skydns.local';
const WRITES: [method: string, path: string, body: unknown][] = [
  ['PUT', A, { host: '10.0.0.1' }],
  ['DELETE', A, undefined],
  ['POST', '/v1/leases', { ttl: 5 }],
  ['POST', '/v1/leases/1/keepalive', undefined],
  ['DELETE', '/v1/leases/1', undefined],
  ['POST', '/v1/transactions', { writes: [] }],
];

/** fetch does not let a caller say who it is. */
function statusOf(
  origin: string,
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(`${origin}${path}`, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.once('error', reject);
    sent.end(method === 'PUT' ? '{"host":"10.0.0.1"}' : undefined);
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };

describe.each([true, false])('with a token, on a loopback address or not (%s)', (own) => {
  it.each(WRITES)('%s %s needs it', async (method, path, body) => {
    const api = await scene.start({ token: 'right-token', isLoopback: own });
    const call = (authorization?: string) =>
      ask(api, method, path, { body, headers: authorization === undefined ? {} : { authorization } });
    for (const wrong of [
      undefined,
      'Bearer wrong',
      'Bearer',
      'Basic right-token',
      'right-token',
      'Bearer right-token x',
    ]) {
      const refused = await call(wrong);
      expect(refused).toMatchObject({ status: 401, json: { status: 401 } });
      expect(refused.headers.get('www-authenticate')).toContain('Bearer');
    }
    expect([200, 201, 204, 404]).toContain((await call('bearer right-token')).status);
  });

  it('reading does not', async () => {
    const api = await scene.start({ token: 'right-token', isLoopback: own });
    expect(await ask(api, 'GET', '/v1/services')).toMatchObject({ status: 200 });
    expect(await statusOf(api.origin, 'GET', '/v1/services', { host: 'dns.example.com' })).toBe(200);
  });
});

describe('without a token', () => {
  it.each(WRITES)('%s %s is off where others reach the port', async (method, path, body) => {
    const api = await scene.start({ token: undefined, isLoopback: false });
    const refused = await ask(api, method, path, { body, headers: { authorization: 'Bearer x' } });
    expect(refused).toMatchObject({
      status: 403,
      json: { detail: expect.stringContaining('--api-token-file') },
    });
  });

  it('reading is not', async () => {
    const api = await scene.start({ token: undefined, isLoopback: false });
    expect(await ask(api, 'GET', '/v1/services')).toMatchObject({ status: 200 });
  });

  it.each([
    ['a name of its own (DNS rebinding)', { host: 'evil.example' }],
    ['a name of its own and a port', { host: 'evil.example:5380' }],
    ['a name that ends like ours', { host: 'notlocalhost' }],
    ['another origin', { origin: 'http://evil.example' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['no origin of its own', { origin: 'null' }],
  ])('a page with %s is kept out on a loopback address', async (_, headers) => {
    const { origin } = await scene.start();
    for (const [method, path] of [
      ['PUT', A],
      ['GET', '/v1/services'],
      ['PATCH', A],
    ] as const)
      expect(await statusOf(origin, method, path, { ...JSON_TYPE, ...headers })).toBe(403);
  });

  it.each(['127.0.0.1', 'localhost', 'LOCALHOST:80', '[::1]:5380', '192.0.2.1:5380'])(
    'a program that says Host: %s may write on a loopback address',
    async (host) => {
      const { origin } = await scene.start();
      expect(await statusOf(origin, 'PUT', A, { ...JSON_TYPE, host })).toBe(200);
      expect(await statusOf(origin, 'PUT', A, { ...JSON_TYPE, host, origin: `http://${host}` })).toBe(200);
    },
  );
});

it.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.0.0.1', false],
  ['128.0.0.1', false],
])('%s is loopback: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
