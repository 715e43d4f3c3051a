// serve: the real program, from its ready line to the signal that ends it.

import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { call } from './call.ts';
import { Running, run } from './program.ts';

const EXAMPLES = fileURLToPath(new URL('../../deploy/examples/services.yaml', import.meta.url));
const READY = /^fingerpost ready: (127\.0\.0\.1:\d+) \(udp, tcp\)\n/m;

let folder = '';
const running: Running[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fingerpost-serve-'));
});
afterEach(async () => {
  for (const one of running) one.kill('SIGKILL');
  await Promise.all(running.splice(0).map(({ ended }) => ended));
  rmSync(folder, { recursive: true });
});

/** Starts a server on free ports; resolves to it and its address once it is ready. */
async function serve(words: string[] = [], environment: Record<string, string> = {}) {
  const server = start(['--listen', '127.0.0.1:0', ...words], environment);
  const [, address = ''] = await server.says(READY);
  return { server, address };
}

function start(words: string[], environment: Record<string, string> = {}): Running {
  const server = new Running(['serve', '--http', 'off', ...words], environment, folder);
  running.push(server);
  return server;
}

const fingerpost = (...words: string[]) => run(words, {}, folder);
const lookup = (address: string, ...words: string[]) => call(['lookup', ...words, `@${address}`]);

describe('the newcomer', () => {
  it('gets example services, and three questions to try, which work as printed', async () => {
    const { server, address } = await serve(['--examples', EXAMPLES]);
    await server.says(/( {2}dig .*\n){3}/);
    const lines = server.out.split('\n').filter((line) => line.startsWith('  dig '));
    expect(lines).toHaveLength(3);
    for (const line of lines) {
      const [, host, port, name, type] = /^ {2}dig @(\S+) -p (\d+) (\S+) ([A-Z]+)$/.exec(line) ?? [];
      expect(`${host}:${port}`).toBe(address);
      const { code, out } = await lookup(address, name ?? '', type ?? '');
      expect(code).toBe(0);
      expect(out).toMatch(/^;; NOERROR, flags: qr aa rd, [1-9]\d* answers?\n/);
    }
    expect(server.err).not.toContain('Warning');
  });

  it('keeps what is there the second time', async () => {
    await fingerpost('put', 'own.skydns.local', '{"host": "10.9.9.9"}');
    const { server, address } = await serve(['--examples', EXAMPLES]);
    expect((await lookup(address, 'hello.skydns.local', 'TXT')).code).toBe(1);
    expect((await lookup(address, 'own.skydns.local')).out).toContain('10.9.9.9');
    expect(server.out).not.toContain('dig ');
  });

  it('with a zone of their own gets a server without examples', async () => {
    const { server } = await serve(['--examples', EXAMPLES, '--zone', 'example.org']);
    expect(server.err).toContain('the examples are not loaded');
    expect((await fingerpost('ls')).out).toBe('');
  });
});

describe('a running server', () => {
  it('answers with what another process puts and removes', async () => {
    const { address } = await serve();
    expect((await lookup(address, 'a.skydns.local')).out).toContain('NXDOMAIN');
    await fingerpost('put', 'a.skydns.local', '{"host": "10.0.0.1"}');
    await expect
      .poll(async () => (await lookup(address, 'a.skydns.local')).out, { timeout: 30_000 })
      .toContain('10.0.0.1');
    await fingerpost('rm', 'a.skydns.local');
    await expect
      .poll(async () => (await lookup(address, 'a.skydns.local')).out, { timeout: 30_000 })
      .toContain('NXDOMAIN');
  });

  it('prints one line on standard output, and its log elsewhere', async () => {
    const { server } = await serve();
    server.kill('SIGTERM');
    const { out, err } = await server.ended;
    expect(out.trimEnd().split('\n')).toEqual([expect.stringMatching(/^fingerpost ready: /)]);
    for (const line of err.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('level');
  });
});

describe('signals', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with 0, soon', async (signal) => {
    const { server, address } = await serve();
    server.kill(signal);
    const start = performance.now();
    expect((await server.ended).code).toBe(0);
    expect(performance.now() - start).toBeLessThan(4000);
    expect((await lookup(address, 'a.skydns.local')).err).toContain('no server listens');
  });

  it('SIGTERM ends it before it is ready, too', async () => {
    const server = start(['--listen', '127.0.0.1:0', '--registry', 'etcd://127.0.0.1:1']);
    await server.says(/"msg":"listening"/, 'err');
    const [, address = ''] = await server
      .says(/"host":"127.0.0.1","port":\d+/, 'err')
      .then(() => ['', `127.0.0.1:${/"port":(\d+)/.exec(server.err)?.[1]}`]);
    expect((await lookup(address, 'a.skydns.local')).out).toMatch(/^;; SERVFAIL/);
    expect(server.out).toBe('');
    server.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
  });

  it('SIGHUP applies what can change, and names what needs a restart', async () => {
    const config = join(folder, 'fp.yaml');
    writeFileSync(config, 'ttl: 30\n');
    const { server, address } = await serve(['--config', config]);
    await fingerpost('put', 'a.skydns.local', '{"text": "x"}');
    await expect
      .poll(async () => (await lookup(address, 'a.skydns.local', 'TXT')).out, { timeout: 30_000 })
      .toContain('a.skydns.local.  30  IN');
    writeFileSync(config, 'ttl: 5\nlog-level: debug\nzone: [skydns.local, example.org]\n');
    server.kill('SIGHUP');
    await server.says(/these changes need a restart: zone"/, 'err');
    expect((await lookup(address, 'a.skydns.local', 'TXT')).out).toContain('a.skydns.local.  5  IN');
    writeFileSync(config, 'ttl: 6\ntttl: 7\n');
    server.kill('SIGHUP');
    await server.says(/fp\.yaml:2: unknown key \\"tttl\\".*not read again/, 'err');
    expect((await lookup(address, 'a.skydns.local', 'TXT')).out).toContain('a.skydns.local.  5  IN');
  });
});

describe('what cannot be', () => {
  /** Exit code and the one line of complaint. */
  async function complaint(...words: string[]): Promise<[number | null, string]> {
    const { code, out, err } = await start(words).ended;
    expect(out).toBe('');
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(err).toMatch(/^fingerpost: /);
    return [code, err];
  }

  it('is a port in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = `127.0.0.1:${(other.address() as { port: number }).port}`;
    const [code, err] = await complaint('--listen', address);
    const [httpCode, httpErr] = await complaint('--listen', '127.0.0.1:0', '--http', address).catch((e) => [
      0,
      `${e}`,
    ]);
    other.close();
    expect(code).toBe(1);
    expect(err).toContain(`cannot listen on TCP ${address}: the port is in use`);
    expect(httpErr).toContain(`cannot serve HTTP on ${address}`);
    expect(httpCode).toBe(1);
  });

  it('is a database that cannot be written', async () => {
    const [code, err] = await complaint(
      '--listen',
      '127.0.0.1:0',
      '--registry',
      'sqlite:/proc/nowhere/fp.db',
    );
    expect(code).toBe(1);
    expect(err).toContain('/proc/nowhere');
  });

  it('is a typo on line 7 of the file', async () => {
    const config = join(folder, 'fp.yaml');
    writeFileSync(config, '# one\n# two\n# three\nttl: 30\n\nzone: skydns.local\nlissen: 127.0.0.1:0\n');
    const [code, err] = await complaint('--config', config);
    expect(code).toBe(2);
    expect(err).toBe(`fingerpost: ${config}:7: unknown key "lissen", did you mean "listen"?\n`);
  });
});
