// /v1/explain and `fingerpost explain`, of a server that runs inside the test.
import { createServer as createHttp, get as httpGet } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { explanationSchema } from '../../src/api/explain-schema.ts';
import { createServer, type Server } from '../../src/app/server.ts';
import { call } from '../cli/call.ts';

let server: Server;
let base = '';
const others: TcpServer[] = [];

beforeAll(async () => {
  server = createServer({
    registry: 'sqlite::memory:',
    listen: '127.0.0.1:0',
    http: '127.0.0.1:0',
    workers: '0',
    acl: 'deny 203.0.113.0/24',
  });
  await server.start();
  await server.ready;
  const revision = await server.registry?.commit([
    { kind: 'put', key: '/skydns/local/skydns/web/1', value: '{"host":"10.0.0.1","port":80}' },
    { kind: 'put', key: '/skydns/local/skydns/web/2', value: '{"text":"red \\u001b[31m \\u202e"}' },
  ]);
  base = `http://127.0.0.1:${server.httpAddress?.port}`;
  await vi.waitFor(
    async () => {
      const ready = (await (await fetch(`${base}/readyz`)).json()) as { revision: number };
      expect(ready.revision).toBe(revision);
    },
    { timeout: 30_000 },
  );
});

afterAll(async () => {
  for (const other of others) other.close();
  await server.stop();
});

/** Some other HTTP server; its port. */
async function other(status: number, body: string, type = 'application/json'): Promise<number> {
  const made = createHttp(
    (_, response) => void response.writeHead(status, { 'content-type': type }).end(body),
  );
  others.push(made);
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return (made.address() as AddressInfo).port;
}

async function get(query: string): Promise<{ status: number; type: string | null; body: unknown }> {
  const response = await fetch(`${base}/v1/explain${query}`);
  return { status: response.status, type: response.headers.get('content-type'), body: await response.json() };
}

describe('/v1/explain', () => {
  it('gives JSON of the documented form', async () => {
    const { status, body } = await get('?name=web.skydns.local&type=srv&client=192.0.2.1&transport=tcp');
    expect(status).toBe(200);
    const explanation = explanationSchema.parse(body);
    // The schema passes over what it does not know: nothing else is given out.
    expect(body).toEqual(explanation);
    expect(explanation).toMatchObject({
      question: { name: 'web.skydns.local.', type: 'SRV', client: '192.0.2.1', transport: 'tcp' },
      answer: {
        rcode: 'NOERROR',
        known: true,
        answers: [{ type: 'SRV', data: '10 100 80 1.web.skydns.local.' }],
      },
      source: 'computed',
      zone: { name: 'skydns.local.', match: 'subtree', apex: 'services' },
      counts: { used: 1, leftOut: 1, bad: 0 },
    });
  });

  it('needs a name only: the type is A then, the client the machine itself', async () => {
    const { body } = await get('?name=web.skydns.local');
    expect(body).toMatchObject({ question: { type: 'A', client: '127.0.0.1', transport: 'udp' } });
  });

  it.each([
    ['', 'query: name: '],
    ['?name=', 'name: read "", allowed'],
    ['?name=a..b', 'name: read "a..b"'],
    ['?name=a&type=NONE', 'type: read "NONE", allowed: A, '],
    ['?name=a&client=localhost', 'client: read "localhost"'],
    ['?name=a&client=fe80::1%25eth0', 'client: read "fe80::1%eth0"'],
    ['?name=a&transport=quic', 'transport: read "quic", allowed: udp, tcp'],
    ['?name=a&nmae=b', 'Unrecognized key: "nmae"'],
    ['?name=a&name=b', 'name: given more than once'],
    ['?name=a%ff', 'not percent-encoded UTF-8', 400],
  ])('refuses %s', async (query, detail, expected = 422) => {
    const { status, type, body } = await get(query);
    expect([status, type]).toEqual([expected, 'application/problem+json']);
    expect((body as { detail: string }).detail).toContain(detail);
  });
});

describe('who may ask for an explanation', () => {
  it.each([{ host: 'evil.example' }, { origin: 'http://evil.example' }])(
    'not a page with %j',
    async (headers) => {
      const status = await new Promise((resolve, reject) => {
        httpGet(`${base}/v1/explain?name=web.skydns.local`, { headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).on('error', reject);
      });
      expect(status).toBe(403);
    },
  );

  it('is in the document of the API', async () => {
    const document = await (await fetch(`${base}/v1/openapi.json`)).json();
    const { paths } = document as { paths: Record<string, { get?: { parameters: unknown } }> };
    expect(paths['/v1/explain']?.get?.parameters).toMatchObject([
      { name: 'name', required: true },
      { name: 'type', required: false },
      { name: 'client', required: false },
      { name: 'transport', required: false },
    ]);
  });
});

describe('fingerpost explain', () => {
  it('says the answer, then why, then the services', async () => {
    const { code, out } = await call(['explain', 'web.skydns.local', `@${base}`]);
    expect(code).toBe(0);
    const lines = out.split('\n');
    expect(lines.slice(0, 2)).toEqual([
      'web.skydns.local. A: NOERROR, 1 record',
      '  web.skydns.local.  30  A  10.0.0.1',
    ]);
    expect(lines).toContain('  - 1 service at it or below it has an IPv4 address or a host name.');
    expect(out).toMatch(/\/skydns\/local\/skydns\/web\/1 +10\.0\.0\.1 +80 +30 +- +\d+s +\d+$/m);
    expect(out).toMatch(/web\/2 .*left out: no such record$/m);
  });

  it('shows no control characters of texts, nor in JSON', async () => {
    const text = await call(['explain', 'web.skydns.local', `@127.0.0.1:${server.httpAddress?.port}`]);
    const json = await call(['explain', '--json', 'web.skydns.local', `@${base}/`]);
    for (const { out } of [text, json]) {
      expect(out).toContain('\\u001b[31m \\u202e');
      expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    }
    expect(explanationSchema.parse(JSON.parse(json.out)).services).toHaveLength(2);
  });

  it('asks where --http says, for the client and transport given', async () => {
    const http = `127.0.0.1:${server.httpAddress?.port}`;
    const denied = await call([
      'explain',
      '--client',
      '203.0.113.9',
      '--tcp',
      '--http',
      http,
      'web.skydns.local',
      'TXT',
    ]);
    expect(denied.out).toContain('web.skydns.local. TXT: REFUSED');
    expect(denied.out).toContain('Asked by 203.0.113.9 over TCP');
    const given = await call(['explain', 'web.skydns.local'], { FINGERPOST_HTTP: http });
    expect([given.code, given.err]).toEqual([0, '']);
  });

  it('takes an address for its PTR, and names with odd bytes', async () => {
    expect((await call(['explain', '10.0.0.1', `@${base}`])).out).toContain(
      '1.0.0.10.in-addr.arpa. PTR: REFUSED',
    );
    expect((await call(['explain', 'ü.skydns.local', `@${base}`])).out).toContain(
      '\\195\\188.skydns.local. A: NXDOMAIN',
    );
  });

  it('says clearly that no server is there', async () => {
    // It hangs up at once; a port that nobody has might be anybody's a moment later.
    const dead = createTcp((socket) => void socket.destroy());
    others.push(dead);
    await new Promise<void>((resolve) => dead.listen(0, '127.0.0.1', resolve));
    const gone = (dead.address() as AddressInfo).port;
    const { code, err } = await call(['explain', 'a', `@127.0.0.1:${gone}`]);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(
        /^fingerpost: no server at http:\/\/127\.0\.0\.1:\d+ \(explain asks a running server where it serves HTTP: --http, or @ADDR:PORT\)/,
      ),
    ]);
    expect(err.split('\n')).toHaveLength(1);
  });

  it.each(['explain', 'top'])('says why a server refuses %s', async (command) => {
    const refusal = JSON.stringify({ status: 403, detail: 'Host must be\u001b[31m an IP address' });
    const port = await other(403, refusal, 'application/problem+json');
    const { code, err } = await call([
      command,
      ...(command === 'explain' ? ['a'] : []),
      `@127.0.0.1:${port}`,
    ]);
    expect([code, err]).toEqual([
      1,
      `fingerpost: http://127.0.0.1:${port}: Host must be\\u001b[31m an IP address`,
    ]);
  });

  it.each([
    [200, 'hello'],
    [200, '{"summary":"no"}'],
    [404, '{"error":"not found"}'],
  ])('says that another program is there: %i %s', async (status, body) => {
    const { code, err } = await call(['explain', 'a', `@127.0.0.1:${await other(status, body)}`]);
    expect(code).toBe(1);
    expect(err).toMatch(/is no Fingerpost that explains: HTTP status \d+$/);
  });

  it.each([
    [['explain', 'a', 'A', 'b'], 'too many words'],
    [['explain', '@127.0.0.1:5380'], 'which name? explain NAME [TYPE] [@ADDR:PORT]'],
    [['explain', 'a', '@here'], '@here: "here" is not an IP address, allowed: @ADDR:PORT'],
    [['explain', 'a', '@http://['], '@http://[: not a URL'],
    [['explain', 'a', '--client', 'me'], '--client: read "me", allowed: an IPv4 or IPv6 address'],
    [['explain', 'a', '--http', 'off'], 'which server? add @ADDR:PORT'],
    [['explain', 'a..b'], '"a..b" is not a name'],
    [['explain', 'a'.repeat(100_000)], '... is not a name: label over 63 bytes'],
  ])('refuses %j', async (words, message) => {
    const { code, err } = await call(words);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
