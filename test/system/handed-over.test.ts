// Sockets that whoever starts the server has opened for it (sd_listen_fds(3)): served as they are, left open for the next one.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { AF_INET, closeSocket, openUdpSocket } from '../../src/transport/udp-batch/syscalls.ts';
import { dig, short } from '../support/dig.ts';
import { freePort } from '../support/ports.ts';
import { MAIN, type Running } from '../support/program.ts';
import { query, question, rcodeOf, TcpClient } from '../support/raw.ts';
import { Scene } from '../support/scene.ts';
import { loadServices } from '../support/services.ts';

const scene = new Scene();
let cwd: string;
beforeAll(async () => {
  cwd = await scene.folder();
  await loadServices(scene, cwd, { 'a.skydns.local': { host: '10.0.0.1' } });
});

const SERVE = [process.execPath, MAIN, 'serve', '--http', 'off'] as const;
/** What a service manager does: the process is told that the sockets are its own. */
const TELLING = ['-c', 'export LISTEN_PID=$$; exec "$@"', 'sh'] as const;

/** `fingerpost serve ARGS` with these descriptors handed over. */
function started(descriptors: readonly number[], args: readonly string[], env: Record<string, string> = {}) {
  const told = { LISTEN_FDS: `${descriptors.length}`, ...env };
  return scene.run('sh', [...TELLING, ...SERVE, ...args], { cwd, env: told, descriptors });
}

/** The descriptor of an open socket, which Node has and does not tell. */
function descriptorOf(socket: object): number {
  const { _handle } = socket as unknown as { readonly _handle: { readonly fd: number } };
  return _handle.fd;
}

async function tcpServer(host: string): Promise<{ server: Server; port: number; fd: number }> {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('no address');
  return { server, port: at.port, fd: descriptorOf(server) };
}

/** A UDP socket of 127.0.0.1 that nothing reads from. */
function udpSocket(port = 0) {
  const address = Uint8Array.of(127, 0, 0, 1);
  const buffers = { buffer: 1 << 20, waitMs: 100, packetInfo: false };
  return openUdpSocket({ family: AF_INET, address, scope: 0, port, joins: false, ...buffers });
}

const askA = (host: string, port: number, ...words: string[]) =>
  short({ host, port }, ...words, 'a.skydns.local');

describe.each([
  ['worker threads', '2'],
  ['the main thread', '0'],
])('with %s', (_, workers) => {
  it('sockets of UDP and TCP are served, and --listen is not', async () => {
    const { server, port, fd } = await tcpServer('127.0.0.1');
    const udp = udpSocket(port);
    const unused = await freePort();
    const args = ['--workers', workers, '--listen', `127.0.0.1:${unused}`];
    const program = started([fd, udp.fd], args, { LISTEN_FDNAMES: 'dns.tcp:dns.udp' });
    server.close();
    closeSocket(udp.fd);
    expect(await program.line(/^fingerpost ready/)).toBe(`fingerpost ready: 127.0.0.1:${port} (tcp, udp)`);
    expect(await program.logged(/sockets were handed over/)).toMatchObject({
      sockets: [
        { protocol: 'TCP', host: '127.0.0.1', port, fd: 3 },
        { protocol: 'UDP', host: '127.0.0.1', port, fd: 4 },
      ],
    });
    for (let i = 0; i < 20; i++) expect(await askA('127.0.0.1', port)).toEqual(['10.0.0.1']);
    expect(await askA('127.0.0.1', port, '+tcp')).toEqual(['10.0.0.1']);
    await expect(TcpClient.open({ host: '127.0.0.1', port: unused })).rejects.toThrow('ECONNREFUSED');
    expect((await program.stop()).code).toBe(0);
  });

  it('what comes while no server runs is answered by the next one', async () => {
    const { fd, port } = udpSocket();
    const client = createSocket('udp4');
    scene.onEnd(async () => client.close());
    const asked = async (n: number): Promise<Buffer> => {
      const reply = once(client, 'message');
      client.send(query({ id: n, questions: [question('a.skydns.local')] }), port, '127.0.0.1');
      return (await reply)[0] as Buffer;
    };
    for (let n = 1; n <= 3; n++) {
      // It is asked before it is there, and it is told to stop while it is there for the next one.
      const reply = asked(n);
      const program = started([fd], ['--workers', workers]);
      expect(rcodeOf(await reply)).toBe(0);
      await program.line(/^fingerpost ready: \S+ \(udp\)$/);
      await program.logged(/no TCP socket was handed over/);
      expect(rcodeOf(await asked(100 + n))).toBe(0);
      expect((await program.stop()).code).toBe(0);
    }
    closeSocket(fd);
  });

  it('a socket of IPv6 that takes IPv4 as well replies from the address that was asked', async () => {
    const tcp = await tcpServer('::');
    const udp = createSocket('udp6');
    udp.bind(tcp.port, '::');
    await once(udp, 'listening');
    const acl = ['--acl', 'deny 127.0.0.9', '--workers', workers];
    const program = started([descriptorOf(udp), tcp.fd], acl);
    udp.close();
    tcp.server.close();
    await program.line(/^fingerpost ready: \[::\]:/);
    const hosts = workers === '0' ? ['127.0.0.1', '::1'] : ['127.0.0.1', '127.0.0.2', '::1'];
    for (const host of hosts) {
      expect(await askA(host, tcp.port)).toEqual(['10.0.0.1']);
      expect(await askA(host, tcp.port, '+tcp')).toEqual(['10.0.0.1']);
    }
    // Clients of IPv4 are known as such.
    const denied = await dig({ host: '127.0.0.1', port: tcp.port }, '-b', '127.0.0.9', 'a.skydns.local');
    expect(denied).toContain('REFUSED');
    expect((await program.stop()).code).toBe(0);
  });
});

describe('is told what is wrong with', () => {
  const failed = async (program: Running) => {
    const { code, stderr } = await program.end();
    expect(code).toBe(1);
    return stderr;
  };

  it('a file', async () => {
    const file = openSync(join(cwd, 'fingerpost.db'), 'r');
    const stderr = await failed(started([file], [], { LISTEN_FDNAMES: 'dns.socket' }));
    closeSync(file);
    expect(stderr).toContain(
      'descriptor 3 (dns.socket) that was handed over: it is no socket (ENOTSOCK); ' +
        'allowed: UDP sockets, and TCP sockets that listen, of IPv4 and IPv6',
    );
  });

  it('a socket of the file system', async () => {
    const server = createServer();
    server.listen(join(cwd, 'socket'));
    await once(server, 'listening');
    const stderr = await failed(started([descriptorOf(server)], []));
    server.close();
    expect(stderr).toContain('descriptor 3 that was handed over: it is a socket of another family than IPv4');
  });

  it('a TCP connection', async () => {
    const { server, port } = await tcpServer('127.0.0.1');
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const stderr = await failed(started([descriptorOf(socket)], []));
    socket.destroy();
    server.close();
    expect(stderr).toContain('it is a TCP connection, not a socket that listens (systemd: Accept=no)');
  });

  it('a descriptor that is not there, and a number that is none', async () => {
    expect(await failed(started([], [], { LISTEN_FDS: '900' }))).toContain(
      'that was handed over: it is no socket',
    );
    expect(await failed(started([], [], { LISTEN_FDS: 'two' }))).toContain(
      'LISTEN_FDS: read "two", allowed: 0 to 1000',
    );
  });
});

it('sockets of another process are not taken', async () => {
  const env = { LISTEN_PID: '1', LISTEN_FDS: '5' };
  const [command, ...args] = SERVE;
  const program = scene.run(command, [...args, '--listen', '127.0.0.1:0'], { cwd, env });
  await program.line(/^fingerpost ready/);
  expect((await program.stop()).code).toBe(0);
});

describe('systemd-socket-activate', () => {
  it.each([
    ['UDP', ['--datagram'], []],
    ['TCP', [], ['+tcp']],
  ])('starts it when the first question comes over %s', async (_, flags, words) => {
    const port = await freePort();
    const args = [...flags, '--listen', `127.0.0.1:${port}`, '--fdname', 'dns', ...SERVE];
    const program = scene.run('systemd-socket-activate', args, { cwd });
    await program.err.find(
      (line) => line.includes('Listening on'),
      () => program.ended,
    );
    const answer = await dig({ host: '127.0.0.1', port }, '+time=30', '+tries=1', ...words, 'a.skydns.local');
    expect(answer).toContain('10.0.0.1');
    await program.logged(/sockets were handed over/);
    expect((await program.stop()).code).toBe(0);
  });
});
