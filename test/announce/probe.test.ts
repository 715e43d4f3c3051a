// The kinds of checks against real servers and commands.
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttp, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { createServer as createTcp, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Probe } from '../../src/announce/checks.ts';
import { probeOf } from '../../src/announce/probe.ts';
import { isProblem } from '../../src/service/problem.ts';
import { pems, TestCa } from '../support/certificates.ts';
import { freePort } from '../support/ports.ts';

const own = { host: '127.0.0.1', port: 1 };
const open: TcpServer[] = [];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fingerpost-probe-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  for (const server of open.splice(0)) {
    (server as Partial<Server>).closeAllConnections?.();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(server: TcpServer, host = '127.0.0.1'): Promise<number> {
  const port = await freePort();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  open.push(server);
  return port;
}

function probe(text: string, at = own): Probe {
  const made = probeOf(text, at);
  if (isProblem(made)) throw new Error(made.problem);
  return made;
}

const look = (text: string, at = own) => probe(text, at)(new AbortController().signal);

describe('a check of', () => {
  it('tcp connects to what is announced, or to another place', async () => {
    const port = await listen(createTcp((socket) => socket.on('error', () => {}).resume()));
    expect(await look('tcp', { host: '127.0.0.1', port })).toBeUndefined();
    expect(await look('tcp', { host: 'localhost', port })).toBeUndefined();
    expect(await look(`tcp://127.0.0.1:${port}`)).toBeUndefined();
    const shut = await freePort();
    expect(await look('tcp', { host: '127.0.0.1', port: shut })).toBe(
      `connect ECONNREFUSED 127.0.0.1:${shut}`,
    );
    expect(await look(`tcp://[::1]:${shut}`)).toMatch(/::1/);
    expect(await look('tcp', { host: 'nowhere.invalid', port })).toMatch(/nowhere\.invalid/);
  });

  it('http wants a status from 200 to 399, and follows nothing', async () => {
    const server = createHttp((request, response) => {
      const status = Number(request.url?.slice(1));
      response.writeHead(status, { location: '/500' }).end('x'.repeat(100_000));
    });
    const port = await listen(server);
    for (const status of [200, 204, 301, 399])
      expect(await look(`http://127.0.0.1:${port}/${status}`)).toBeUndefined();
    for (const status of [404, 500, 503])
      expect(await look(`http://127.0.0.1:${port}/${status}`)).toBe(`status ${status}`);
    expect(await look(`http://127.0.0.1:${await freePort()}/`)).toMatch(/ECONNREFUSED/);
  });

  it('http is let go of when its time is over', async () => {
    const asked = Promise.withResolvers<void>();
    const port = await listen(createHttp(() => asked.resolve()));
    const abort = new AbortController();
    const answer = probe(`http://127.0.0.1:${port}/`)(abort.signal);
    await asked.promise;
    abort.abort();
    expect(await answer).toMatch(/abort/i);
  });

  it('what speaks no HTTP fails', async () => {
    const port = await listen(
      createTcp((socket) =>
        socket
          .on('error', () => {})
          .resume()
          .end('hello\r\n'),
      ),
    );
    expect(await look(`http://127.0.0.1:${port}/`)).toMatch(/Parse Error|Expected HTTP/);
  });

  it('what wants to speak another protocol fails', async () => {
    const switching = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n';
    const port = await listen(
      createTcp((socket) =>
        socket
          .on('error', () => {})
          .resume()
          .end(switching),
      ),
    );
    expect(await look(`http://127.0.0.1:${port}/`)).toBe('status 101');
  });

  it('https judges the certificate', async () => {
    const { cert, key } = await pems(await (await TestCa.in(folder)).sign('server'));
    const port = await listen(createHttps({ cert, key }, (_, response) => response.end()));
    expect(await look(`https://127.0.0.1:${port}/`)).toMatch(/certificate/);
  });

  it('a command wants it to exit 0, and tells the last that it complained of', async () => {
    expect(await look('cmd:true')).toBeUndefined();
    expect(await look('cmd: test -d / && echo fine')).toBeUndefined();
    expect(await look('cmd:echo first >&2; echo no disk >&2; exit 3')).toBe('exit status 3: no disk');
    expect(await look('cmd:kill -9 $$')).toBe('ended by SIGKILL');
    expect(await look('cmd:nosuchcommand')).toMatch(/^exit status 127: .*not found/);
  });

  it('a command is killed with all that it has started when its time is over', async () => {
    const file = join(folder, 'pid');
    const abort = new AbortController();
    const answer = probe(`cmd:sleep 600 & echo $! > ${file}.new; mv ${file}.new ${file}; wait`)(abort.signal);
    await expect.poll(() => existsSync(file), { timeout: 30_000 }).toBe(true);
    const pid = Number(readFileSync(file, 'utf8'));
    expect(() => process.kill(pid, 0)).not.toThrow();
    abort.abort();
    expect(await answer).toBe('ended by SIGKILL');
    // Gone, or ended and not yet looked at by whoever is its parent now.
    const isOver = () =>
      !existsSync(`/proc/${pid}/stat`) || / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    await expect.poll(isOver, { timeout: 30_000 }).toBe(true);
  });

  it.each(['', 'udp', 'tcp:80', 'tcp://', 'tcp://host', 'cmd:', 'cmd:  ', 'http:/x', 'ftp://x/', 'http://'])(
    '%j is none',
    (text) => {
      expect(probeOf(text, own)).toEqual({ problem: expect.stringContaining('is none of tcp, ') });
    },
  );
});
