// dnstap of the whole program, read by Debian's fstrm_capture and dnstap-ldns: what was asked, by clients and by us.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { dig, short } from '../support/dig.ts';
import type { Running } from '../support/program.ts';
import { Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';
import { loadServices } from '../support/services.ts';
import { addresses, startScripted } from '../support/upstream.ts';
import { packet } from '../table/questions.ts';
import { until } from '../transport/support.ts';
import { Client } from '../transport/udp-batch-support.ts';

const scene = new Scene();
let folder = '';

beforeAll(async () => {
  folder = await scene.folder();
  await loadServices(scene, folder, {
    'web.skydns.local': { host: '10.0.0.1' },
    'text.skydns.local': { text: 'x'.repeat(900) },
  });
});

/** Listens on the socket, and writes what comes to the file. */
function capture(socket: string, file: string): Running {
  const args = ['-t', 'protobuf:dnstap.Dnstap', '-u', socket, '-w', file];
  return scene.run('/usr/bin/fstrm_capture', args, { cwd: folder });
}

async function decoded(file: string, ...flags: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('/usr/bin/dnstap-ldns', [...flags, '-r', file], {
    env: { ...process.env, TZ: 'UTC' },
    maxBuffer: 1 << 28,
  });
  return stdout;
}

/** Kind, protocol, name and type of each message, once where dig has asked twice; those of the search for loops left out. */
async function messages(file: string): Promise<string[]> {
  const lines = (await decoded(file, '-q')).trimEnd().split('\n');
  const shape = /^\S+ \S+ (\w\w) (?:127\.0\.0\.1|::1) (UDP|TCP) \d+b "(.*)" IN (\w+)$/;
  const own = lines.filter((line) => !line.includes('.loop.fingerpost.internal.'));
  return [...new Set(own.map((line) => shape.exec(line)?.slice(1).join(' ') ?? line))];
}

async function lost(server: TestServer): Promise<number> {
  return server.metric('fingerpost_dnstap_lost_total');
}

it('is every question and reply, of clients and of other servers, with who we are', async () => {
  const upstream = await startScripted(scene, addresses());
  const [socket, file] = [join(folder, 'one.sock'), join(folder, 'one.tap')];
  const reader = capture(socket, file);
  const server = await scene.server(
    [
      ...['--workers', '1', '--dnstap', `unix:${socket}`, '--server-id', 'ns1.test'],
      ...['--forward', `127.0.0.1:${upstream.address.port}`],
    ],
    { cwd: folder },
  );
  await server.program.logged(/^the reader of dnstap is there/);
  const { address } = server;
  await dig(address, 'web.skydns.local');
  await dig(address, 'Web.skydns.local');
  await dig(address, 'none.skydns.local', 'SRV', '+tcp');
  await dig(address, 'www.example.com');
  expect(await lost(server)).toBe(0);
  await server.stop();
  await reader.stop();
  // What the main thread notes may stand before or behind what a worker does.
  expect((await messages(file)).sort()).toEqual(
    [
      ...['CQ UDP web.skydns.local. A', 'CR UDP web.skydns.local. A'],
      ...['CQ UDP Web.skydns.local. A', 'CR UDP Web.skydns.local. A'],
      ...['CQ TCP none.skydns.local. SRV', 'CR TCP none.skydns.local. SRV'],
      ...['CQ UDP www.example.com. A', 'FQ UDP www.example.com. A'],
      ...['FR UDP www.example.com. A', 'CR UDP www.example.com. A'],
    ].sort(),
  );
  const yaml = await decoded(file, '-y');
  expect(yaml).toMatch(/identity: "ns1\.test"/);
  expect(yaml).toMatch(/version: "fingerpost \d/);
  expect(yaml).toMatch(/socket_family: INET/);
  const responses = yaml.split('---').filter((one) => one.includes('type: CLIENT_RESPONSE'));
  expect(responses.length).toBeGreaterThanOrEqual(4);
  expect(responses.join()).toMatch(/web\.skydns\.local\.\t30\tIN\tA\t10\.0\.0\.1/);
  expect(responses.join()).toMatch(/www\.example\.com\.\t\d+\tIN\tA\t192\.0\.2\.80/);
});

it('waits for no reader: not for one that comes late, nor one that stands still, nor one that dies', async () => {
  const socket = join(folder, 'two.sock');
  const files = [join(folder, 'two.tap'), join(folder, 'three.tap')] as const;
  const server = await scene.server(['--workers', '1', '--dnstap', `unix:${socket}`], { cwd: folder });
  const { address, program } = server;
  await program.logged(/^dnstap has no reader/);
  expect(await short(address, 'web.skydns.local')).toEqual(['10.0.0.1']);
  await expect.poll(() => lost(server), { timeout: 20_000 }).toBeGreaterThan(1);
  const missed = await lost(server);

  const first = capture(socket, files[0]);
  await program.logged(/^the reader of dnstap is there/);
  await dig(address, 'first.skydns.local');
  first.signal('SIGSTOP');
  const client = await Client.to(address);
  scene.onEnd(async () => client.close());
  const question = packet({ name: 'text.skydns.local', type: 16, size: 1232 });
  for (let burst = 0; burst < 400 && (await lost(server)) === missed; burst++) {
    for (let i = 0; i < 50; i++) client.sendNumbered(question);
    await until(() => client.received.length >= 50, 'all are answered');
    client.received.length = 0;
  }
  expect(await lost(server)).toBeGreaterThan(missed);
  first.signal('SIGCONT');
  // What is read now makes room for what is asked then.
  const sent = await server.metric('fingerpost_dnstap_messages_total');
  await expect
    .poll(
      async () => {
        await dig(address, 'again.skydns.local');
        return server.metric('fingerpost_dnstap_messages_total');
      },
      { timeout: 20_000 },
    )
    .toBeGreaterThan(sent);

  const from = program.err.all.length;
  await first.stop();
  await program.logged(/^dnstap has no reader/, from);
  const second = capture(socket, files[1]);
  await program.logged(/^the reader of dnstap is there/, from);
  await dig(address, 'second.skydns.local');
  await server.stop();
  await second.stop();
  const heard = await messages(files[0]);
  // Not in order: what the main thread notes may stand before or behind what a worker does.
  expect(heard).toEqual(
    expect.arrayContaining([
      ...['CQ UDP first.skydns.local. A', 'CR UDP first.skydns.local. A'],
      'CR UDP text.skydns.local. TXT',
    ]),
  );
  expect(await messages(files[1])).toEqual([
    'CQ UDP second.skydns.local. A',
    'CR UDP second.skydns.local. A',
  ]);
});
