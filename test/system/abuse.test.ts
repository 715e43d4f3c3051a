// Clients that mean harm: refused, limited, told apart by cookies, never answered with more than they may get.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { dig, short } from '../support/dig.ts';
import { query, question, rcodeOf, TYPE, udpReply } from '../support/raw.ts';
import { Scene } from '../support/scene.ts';
import type { Address, TestServer } from '../support/server.ts';
import { loadServices } from '../support/services.ts';

const scene = new Scene();
const soon = { timeout: 30_000, interval: 20 };
const sockets: Socket[] = [];
afterAll(() => {
  for (const socket of sockets) socket.close();
});

const WAYS = [
  ['worker threads', ['--workers', '2']],
  ['the main thread', ['--workers', '0']],
] as const;

async function folderWithServices(): Promise<string> {
  const cwd = await scene.folder();
  const members = Array.from({ length: 60 }, (_, i) => [
    `${i}.big.skydns.local`,
    { host: `10.1.0.${i}`, port: 80 },
  ]);
  await loadServices(scene, cwd, {
    'a.skydns.local': { host: '10.0.0.1' },
    'text.skydns.local': { text: 'x'.repeat(20_000) },
    ...Object.fromEntries(members),
  });
  return cwd;
}

async function started(...flags: readonly string[]): Promise<TestServer> {
  return scene.server(flags, { cwd: await folderWithServices() });
}

/** An OPT record with these options. */
function opt(size: number, options: readonly (readonly [code: number, data: Uint8Array])[] = []): Buffer {
  const parts = options.map(([code, data]) => Buffer.concat([Buffer.of(0, code, 0, data.length), data]));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.of(0, 0, 41, size >> 8, size & 255, 0, 0, 0, 0, length >> 8, length & 255);
  return Buffer.concat([head, ...parts]);
}

function withOpt(packet: Buffer, record: Buffer): Buffer {
  const whole = Buffer.concat([packet, record]);
  whole[11] = 1;
  return whole;
}

/** Sends a question `count` times from one socket, and gives what has come when it is `enough`. */
async function ask(at: Address, count: number, enough: number, from = '127.0.0.1'): Promise<Buffer[]> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  sockets.push(socket);
  socket.bind(0, from);
  await once(socket, 'listening');
  const replies: Buffer[] = [];
  socket.on('message', (reply) => replies.push(reply));
  for (let n = 0; n < count; n++) {
    socket.send(query({ id: n, questions: [question('a.skydns.local')] }), at.port, at.host);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await expect.poll(() => replies.length, soon).toBeGreaterThanOrEqual(enough);
  return replies;
}

const isTruncated = (reply: Buffer) => (reply[2]! & 2) !== 0;

describe.each(WAYS)('over %s', (_, workers) => {
  it('--acl refuses, drops and allows by network, and changes on SIGHUP', async () => {
    const cwd = await folderWithServices();
    const config = join(cwd, 'fingerpost.yaml');
    await writeFile(config, 'acl:\n  - deny 127.0.0.2\n  - drop 127.0.0.3\n');
    const server = await scene.server([...workers, '--config', config], { cwd });
    const from = (address: string, ...words: string[]) =>
      dig(server.address, '-b', address, 'a.skydns.local', ...words);
    for (const transport of ['+notcp', '+tcp']) {
      expect(await from('127.0.0.1', transport)).toContain('status: NOERROR');
      const refused = await from('127.0.0.2', transport);
      expect(refused).toContain('status: REFUSED');
      expect(refused).toContain('EDE: 18 (Prohibited)');
      expect(refused).toContain('ANSWER: 0');
    }
    const replies = await ask(server.address, 5, 0, '127.0.0.3');
    const socket = connect({ ...server.address, localAddress: '127.0.0.3' });
    socket.on('error', () => {});
    await once(socket, 'close');
    expect(await server.metric('fingerpost_acl_denied_total')).toBe(2);
    await expect.poll(() => server.metric('fingerpost_acl_dropped_total'), soon).toBe(6);
    expect(replies).toEqual([]);

    await writeFile(config, 'acl:\n  - drop: 127.0.0.2\n  - allow: any\n');
    server.program.signal('SIGHUP');
    await expect
      .poll(() => short(server.address, '-b', '127.0.0.3', 'a.skydns.local'), soon)
      .toEqual(['10.0.0.1']);
    await writeFile(config, 'acl: [allow any]\n');
    server.program.signal('SIGHUP');
    await server.program.logged(/the old one stays/);
    expect(await short(server.address, '-b', '127.0.0.3', '+tcp', 'a.skydns.local')).toEqual(['10.0.0.1']);
  });

  it('--rate-limit answers a network so often, then says that TCP is open; others are not touched', async () => {
    const server = await started(...workers, '--rate-limit', '2', '--rate-limit-exempt', '127.0.9.0/24');
    const replies = await ask(server.address, 200, 200);
    const whole = replies.filter((reply) => !isTruncated(reply));
    // A second's worth, and what the time that it took adds to that: more than a minute for all of them.
    expect(whole.length).toBeGreaterThanOrEqual(2);
    expect(whole.length).toBeLessThan(200);
    for (const reply of replies) expect(rcodeOf(reply)).toBe(0);
    for (const reply of replies.filter(isTruncated)) expect(reply.readUInt16BE(6)).toBe(0);
    expect((await ask(server.address, 100, 100, '127.0.9.1')).filter(isTruncated)).toEqual([]);
    // Real clients come over TCP.
    expect(await short(server.address, '+nocookie', 'a.skydns.local')).toEqual(['10.0.0.1']);
    const limited = await server.metric('fingerpost_rate_limited_total');
    expect(limited).toBe(await server.metric('fingerpost_rate_slipped_total'));
    expect(limited).toBeGreaterThan(0);
  });

  it('who has a cookie is not limited, and who asks for one gets it with BADCOOKIE', async () => {
    const secret = 'e5e973e5a6b2a43f48e7dc849e37bfcf';
    const cwd = await folderWithServices();
    await writeFile(join(cwd, 'secret'), `${secret}\n`);
    const limits = ['--rate-limit', '1', '--rate-limit-slip', '1', '--cookie-secret-file', 'secret'];
    const server = await scene.server([...workers, ...limits], { cwd });
    const bare = withOpt(
      query({ questions: [question('a.skydns.local')] }),
      opt(1232, [[10, Buffer.alloc(8, 7)]]),
    );
    // Until the limit is reached.
    let told: Buffer;
    do told = await udpReply(server.address, bare);
    while (told.readUInt16BE(6) === 1);
    // BADCOOKIE is 23: 1 in the upper bits, 7 in the header.
    expect(rcodeOf(told)).toBe(7);
    const cookie = told.subarray(-24);
    expect(cookie.subarray(0, 8)).toEqual(Buffer.alloc(8, 7));
    const known = withOpt(query({ questions: [question('a.skydns.local')] }), opt(1232, [[10, cookie]]));
    for (let i = 0; i < 50; i++) {
      const reply = await udpReply(server.address, known);
      expect(rcodeOf(reply)).toBe(0);
      expect(reply.readUInt16BE(6)).toBe(1);
      expect(reply.subarray(-24)).toEqual(cookie);
    }
    // dig asks again by itself with what BADCOOKIE brings.
    expect(await short(server.address, '+ignore', 'a.skydns.local')).toEqual(['10.0.0.1']);
    expect(await server.metric('fingerpost_cookies_valid_total')).toBeGreaterThanOrEqual(50);

    // Another secret in front: the old cookie still holds, and a new one comes with the answer.
    await writeFile(join(cwd, 'secret'), `${'ab'.repeat(16)}\n${secret}\n`);
    server.program.signal('SIGHUP');
    const renewed = async () => (await udpReply(server.address, known)).subarray(-24);
    await expect.poll(async () => (await renewed()).equals(cookie), soon).toBe(false);
    const reply = await udpReply(server.address, known);
    expect([rcodeOf(reply), reply.readUInt16BE(6)]).toEqual([0, 1]);
  });

  it('no reply is longer than the client allows and than 1232 bytes, whatever is in it', async () => {
    const server = await started(...workers, '--acl', 'deny 127.0.0.2');
    const names = ['a', 'big', '*.big', 'text', 'nothing', '7.big'].map((name) => `${name}.skydns.local`);
    const types = [TYPE.A, TYPE.TXT, TYPE.SRV, 15, 255, 252];
    const questions = [...names, 'skydns.local', 'example.com'].flatMap((name) =>
      types.map((type) => query({ questions: [question(name, type)] })),
    );
    const chaos = query({ questions: [question('id.server', 16)] });
    chaos[chaos.length - 1] = 3;
    const odd = [chaos, query({ flags: 0x2000 }), query({}), query({ questions: [Buffer.of(5)] })];
    const cookies = [Buffer.alloc(8, 1), Buffer.alloc(24, 1), Buffer.alloc(40, 1)];
    const longest = new Map<number, number>();
    const wrong: string[] = [];
    const check = async (packet: Buffer, most: number) => {
      const { length } = await udpReply(server.address, packet);
      longest.set(most, Math.max(longest.get(most) ?? 0, length));
      if (length > most) wrong.push(`${length} > ${most}: ${packet.toString('hex')}`);
    };
    for (const packet of [...questions, ...odd]) {
      await check(packet, 512);
      for (const [size, most] of [
        [0, 512],
        [512, 512],
        [700, 700],
        [1232, 1232],
        [4096, 1232],
        [65_535, 1232],
      ] as const) {
        await check(withOpt(packet, opt(size)), most);
        for (const cookie of cookies) await check(withOpt(packet, opt(size, [[10, cookie]])), most);
      }
    }
    expect(wrong).toEqual([]);
    // It was put to the test.
    for (const [most, length] of longest) expect(length).toBeGreaterThan(most * 0.85);
  });
});

describe('TCP connections', () => {
  it('of one client that keeps them all open leave the others theirs', async () => {
    const server = await started(
      ...['--tcp-max-connections', '60', '--tcp-max-per-client', '20', '--tcp-idle-timeout', '3600'],
    );
    const flood = Array.from({ length: 200 }, (_, i) => {
      const socket = connect({ ...server.address, localAddress: '127.0.0.2' });
      socket.on('error', () => {});
      // The beginning of a question, and of its length.
      if (i % 2 === 0) socket.write(Buffer.of(0, 40, 1).subarray(0, 1 + (i % 3)));
      return socket;
    });
    await expect.poll(() => server.metric('fingerpost_tcp_refused_total'), soon).toBe(180);
    expect(await server.metric('fingerpost_tcp_connections')).toBe(20);
    for (const from of ['127.0.0.1', '127.0.0.3'])
      expect(await short(server.address, '-b', from, '+tcp', 'a.skydns.local')).toEqual(['10.0.0.1']);
    expect(await short(server.address, '-b', '127.0.0.2', 'a.skydns.local')).toEqual(['10.0.0.1']);
    for (const socket of flood) socket.destroy();
    await expect.poll(() => server.metric('fingerpost_tcp_connections'), soon).toBe(0);
    expect(await short(server.address, '-b', '127.0.0.2', '+tcp', 'a.skydns.local')).toEqual(['10.0.0.1']);
  });
});
