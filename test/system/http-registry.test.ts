// The commands on the registry of another server, over its HTTP API: the embedded one and etcd, with and without a token.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { short, status } from '../support/dig.ts';
import { freePort } from '../support/ports.ts';
import { Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';

const scene = new Scene();
const soon = { timeout: 60_000, interval: 50 };
const urlOf = ({ http }: TestServer) => `http://${http.host}:${http.port}`;

/** `fingerpost ARGS` on the registry behind a server, from a folder that knows nothing of it. */
const on = (server: TestServer) => {
  const registry = ['--registry', urlOf(server)];
  return async (...args: string[]) => {
    const [command = '', ...rest] = args;
    return scene.call([command, ...registry, ...rest]);
  };
};

describe.each(['sqlite', 'etcd'])('a server over %s', { timeout: 300_000 }, (engine) => {
  let server: TestServer;
  let fingerpost: ReturnType<typeof on>;

  beforeAll(async () => {
    const registry = engine === 'etcd' ? [`etcd://${(await scene.etcd()).endpoint}`] : ['sqlite:own.db'];
    server = await scene.server(['--registry', ...registry]);
    fingerpost = on(server);
  });

  it('is written, listed, checked and emptied', async () => {
    const put = await fingerpost(
      'put',
      '--wait',
      '--wait-timeout',
      '60',
      'a.skydns.local',
      '{"host":"10.0.0.1"}',
    );
    expect(put).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('1 server answers with it'),
    });
    expect(await short(server.address, 'a.skydns.local')).toEqual(['10.0.0.1']);
    const leased = await fingerpost('put', '--lease', '600', 'b.skydns.local', '{"text":"x"}');
    expect(leased.stdout).toMatch(/it expires in 600 s unless lease \d+ is kept alive/);
    const ls = await fingerpost('ls', '--json');
    expect(JSON.parse(ls.stdout)).toMatchObject([
      { name: 'a.skydns.local', service: { host: '10.0.0.1' }, lease: null },
      { name: 'b.skydns.local', service: { text: 'x' }, lease: { ttl: 600 } },
    ]);
    expect(await fingerpost('check')).toMatchObject({ code: 0, stdout: '2 records, all usable\n' });
    const rm = await fingerpost('rm', '--all', '--wait', '--wait-timeout', '60', 'skydns.local');
    expect(rm).toMatchObject({ code: 0, stdout: expect.stringContaining('removed 2 services') });
    expect(await status(server.address, 'a.skydns.local')).toBe('NXDOMAIN');
    expect(await fingerpost('rm', 'a.skydns.local')).toMatchObject({ code: 1 });
  });

  it('takes a file of services, and an announcer for as long as it lives', async () => {
    const folder = await scene.folder();
    await writeFile(join(folder, 'services.yaml'), 'services:\n  l.skydns.local: {host: 10.0.0.9}\n');
    expect(await fingerpost('load', join(folder, 'services.yaml'))).toMatchObject({ code: 0, stderr: '' });
    await expect.poll(() => short(server.address, 'l.skydns.local'), soon).toEqual(['10.0.0.9']);
    const announcer = await scene.program([
      ...['announce', 'web.skydns.local', '--registry', urlOf(server), '--lease', '10'],
      ...['--host', '10.0.0.7', '--port', '80', '--label', 'one'],
    ]);
    await expect.poll(() => short(server.address, 'web.skydns.local'), soon).toEqual(['10.0.0.7']);
    expect(await announcer.stop()).toMatchObject({ code: 0 });
    await expect.poll(() => status(server.address, 'web.skydns.local'), soon).toBe('NXDOMAIN');
  });

  it('is followed by another server, also past a restart of nothing but the first', async () => {
    const http = `127.0.0.1:${await freePort()}`;
    const cwd = await scene.folder();
    const registry = engine === 'sqlite' ? 'sqlite:first.db' : `etcd://${(await scene.etcd()).endpoint}`;
    const start = () => scene.server(['--registry', registry, '--http', http], { cwd });
    const first = await start();
    await on(first)('put', 'a.skydns.local', '{"host":"10.0.0.1"}');
    const second = await scene.server(['--registry', `http://${http}`]);
    expect(await short(second.address, 'a.skydns.local')).toEqual(['10.0.0.1']);
    await on(first)('put', 'a.skydns.local', '{"host":"10.0.0.2"}');
    await expect.poll(() => short(second.address, 'a.skydns.local'), soon).toEqual(['10.0.0.2']);
    await first.stop();
    await expect.poll(async () => (await second.readyz()).state, soon).toBe('stale');
    expect(await short(second.address, 'a.skydns.local')).toEqual(['10.0.0.2']);
    const again = await start();
    await on(again)('put', 'a.skydns.local', '{"host":"10.0.0.3"}');
    await expect.poll(() => short(second.address, 'a.skydns.local'), soon).toEqual(['10.0.0.3']);
    await expect.poll(async () => (await second.readyz()).state, soon).toBe('synced');
  });
});

describe('the token', { timeout: 120_000 }, () => {
  const file = async (text: string) => {
    const path = join(await scene.folder(), 'token');
    await writeFile(path, text);
    return path;
  };

  it('is asked of those that write, and read again on SIGHUP', async () => {
    const path = await file('first-token\n');
    const server = await scene.server(['--api-token-file', path]);
    const fingerpost = on(server);
    const put = ['put', 'a.skydns.local', '{"host":"10.0.0.1"}'];
    const none = await fingerpost(...put);
    expect(none).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('wants a token: --api-token-file'),
    });
    const wrong = await fingerpost(...put, '--api-token-file', await file('other'));
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('the token is another one') });
    expect(await fingerpost(...put, '--api-token-file', path)).toMatchObject({ code: 0, stderr: '' });
    expect((await fingerpost('ls')).stdout).toContain('a.skydns.local');
    const second = await file('second-token');
    await writeFile(path, 'second-token');
    server.program.signal('SIGHUP');
    await server.program.logged(/^configuration read again/);
    expect(await fingerpost(...put, '--api-token-file', second)).toMatchObject({ code: 0, stderr: '' });
    await writeFile(path, '');
    server.program.signal('SIGHUP');
    const told = await server.program.logged(/^configuration not read again/);
    expect(told.cause).toContain('api-token-file');
    expect(await fingerpost(...put, '--api-token-file', second)).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.stringify(server.log)).not.toMatch(/(first|second)-token/);
  });

  it('is needed where others reach the port', async () => {
    const server = await scene.server(['--http', '0.0.0.0:0']);
    const { port } = server.http;
    const put = await scene.call(['put', '--registry', `http://127.0.0.1:${port}`, 'a.skydns.local', '{}']);
    expect(put).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the server needs --api-token-file'),
    });
  });

  it.each([
    ['nothing', 'is empty', ''],
    ['an empty line', 'is empty', '\nsecret\n'],
    ['two words', 'is no token', 'two words'],
    ['a control character', 'is no token', 'a\u0007b'],
    ['a letter beyond ASCII', 'is no token', 'schlüssel'],
    ['too much', 'is no token', 'x'.repeat(1_025)],
  ])('in a file that begins with %s is refused before a port is opened', async (_, why, text) => {
    const path = await file(text);
    for (const command of [['serve'], ['ls', '--registry', 'http://127.0.0.1:1']]) {
      const refused = await scene.call([...command, '--api-token-file', path]);
      expect(refused.code).toBe(2);
      expect(refused.stderr.trimEnd()).toBe(
        `fingerpost: api-token-file: the first line of ${path} ${why}, allowed: 1 to 1024 ASCII characters without spaces and control characters`,
      );
    }
  });
});

describe('what is no server of ours', () => {
  it('is told in one line', async () => {
    const away = `http://127.0.0.1:${await freePort()}`;
    const gone = await scene.call(['ls', '--registry', away]);
    expect(gone).toMatchObject({ code: 1, stdout: '' });
    expect(gone.stderr).toMatch(
      /^fingerpost: the server at \S+ cannot be reached: connect ECONNREFUSED \S+\n$/,
    );
    const etcd = await scene.etcd();
    const stranger = await scene.call(['ls', '--registry', `http://${etcd.endpoint}`]);
    expect(stranger).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is no Fingerpost (status 404)'),
    });
    const server = await scene.server();
    const plain = await scene.call(['ls', '--registry', urlOf(server).replace('http', 'https')]);
    expect(plain.stderr).toMatch(
      /^fingerpost: the server at \S+ cannot be reached: it speaks no TLS, use http:\/\/\n$/,
    );
    const other = await scene.call(['ls', '--registry', `${urlOf(server)}/elsewhere`]);
    expect(other).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the prefix of this server is /skydns'),
    });
  });
});
