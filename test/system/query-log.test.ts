// The query log of the whole program: what was asked, over everything, filtered and sampled, rotated, and never waited for.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { dig, short } from '../support/dig.ts';
import { MAIN } from '../support/program.ts';
import { Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';
import { loadServices } from '../support/services.ts';
import { addresses, startScripted } from '../support/upstream.ts';
import { until } from '../transport/support.ts';

const scene = new Scene();
const SERVICES = {
  'web.skydns.local': { host: '10.0.0.1' },
  'text.skydns.local': { text: 'x'.repeat(900) },
};
let folder = '';

beforeAll(async () => {
  folder = await scene.folder();
  await loadServices(scene, folder, SERVICES);
});

type Line = Readonly<Record<string, unknown>>;

async function linesOf(file: string): Promise<Line[]> {
  if (!existsSync(file)) return [];
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

/** Waits until the file has so many lines. */
async function lines(file: string, count: number): Promise<Line[]> {
  let all: Line[] = [];
  const end = Date.now() + 30_000;
  do {
    all = await linesOf(file);
    if (all.length >= count) return all;
    await new Promise((resolve) => setTimeout(resolve, 20));
  } while (Date.now() < end);
  return all;
}

function start(args: readonly string[]): Promise<TestServer> {
  return scene.server(args, { cwd: folder });
}

describe.each([['1'], ['0']])('with %s workers', (workers) => {
  it('has a line for each question over UDP and TCP, with where the answer came from', async () => {
    const upstream = await startScripted(scene, addresses());
    const file = join(folder, `all-${workers}`);
    const { address } = await start([
      ...['--workers', workers, '--query-log', file],
      ...['--forward', `127.0.0.1:${upstream.address.port}`],
    ]);
    const asked: (readonly string[])[] = [
      ['WEB.skydns.local', 'A'],
      ['web.skydns.local', 'A'],
      ['web.skydns.local', 'A', '+tcp'],
      ['none.skydns.local', 'SRV', '+noedns'],
      ['example.com', 'A'],
      ['example.com', 'A', '+cd'],
      ['example.com', 'A'],
      ['version.bind', 'TXT', 'CH'],
      ['e\\"v\\\\i\\010l\\127\\255.skydns.local', 'A'],
    ];
    for (const words of asked) await dig(address, ...words);
    const all = await lines(file, asked.length);
    const byTime = all.toSorted((a, b) => (String(a.time) < String(b.time) ? -1 : 1));
    expect(byTime.map(({ name, type, proto, rcode, source }) => [name, type, proto, rcode, source])).toEqual([
      ['WEB.skydns.local.', 'A', 'udp', 'NOERROR', 'computed'],
      ['web.skydns.local.', 'A', 'udp', 'NOERROR', 'table'],
      ['web.skydns.local.', 'A', 'tcp', 'NOERROR', 'table'],
      ['none.skydns.local.', 'SRV', 'udp', 'NXDOMAIN', 'table'],
      ['example.com.', 'A', 'udp', 'NOERROR', 'upstream'],
      // Other questions than the first, since CD and DO are asked of other servers as they are.
      ['example.com.', 'A', 'udp', 'NOERROR', 'upstream'],
      ['example.com.', 'A', 'udp', 'NOERROR', 'cache'],
      ['version.bind.', 'TXT', 'udp', 'NOERROR', 'computed'],
      ['e\\"v\\\\i\\010l\\127\\255.skydns.local.', 'A', 'udp', 'NXDOMAIN', 'table'],
    ]);
    for (const { client, port, size, query_size: query, latency_us: latency } of all) {
      expect(client).toBe('127.0.0.1');
      for (const number of [port, size, query]) expect(number).toBeGreaterThan(12);
      expect(latency).toBeGreaterThan(0);
    }
    expect(byTime.map(({ edns }) => edns !== undefined)).toEqual(
      asked.map((words) => !words.includes('+noedns')),
    );
    expect(await readFile(file, 'utf8')).toMatch(/^[\n -~]*$/);
  });
});

it('leaves out what was not wanted: zone, rcode, client, and most of all where a part is', async () => {
  const kinds = {
    zone: ['--query-log-zone', 'WEB.skydns.local'],
    rcode: ['--query-log-rcode', 'nxdomain,RCODE5'],
    client: ['--query-log-client', '127.0.0.9,::1'],
    nobody: ['--query-log-client', '192.0.2.0/24'],
    part: ['--query-log-sample', '0.0001%'],
  };
  const files = new Map<string, string>();
  for (const [kind, flags] of Object.entries(kinds)) {
    const file = join(folder, `only-${kind}`);
    files.set(kind, file);
    const { address, program } = await start(['--workers', '1', '--query-log', file, ...flags]);
    for (const name of ['web.skydns.local', 'a.web.skydns.local', 'xweb.skydns.local', 'example.com'])
      for (const client of ['127.0.0.1', '127.0.0.9']) await dig(address, name, '-b', client);
    // What is not written when it has ended never will be.
    await program.stop();
  }
  const said = async (kind: string) =>
    (await linesOf(files.get(kind)!)).map(({ name, rcode, client }) => `${name} ${rcode} ${client}`).sort();
  expect(await said('zone')).toEqual([
    'a.web.skydns.local. NXDOMAIN 127.0.0.1',
    'a.web.skydns.local. NXDOMAIN 127.0.0.9',
    'web.skydns.local. NOERROR 127.0.0.1',
    'web.skydns.local. NOERROR 127.0.0.9',
  ]);
  expect((await said('rcode')).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
    'a.web.skydns.local. NXDOMAIN',
    'a.web.skydns.local. NXDOMAIN',
    'example.com. REFUSED',
    'example.com. REFUSED',
    'xweb.skydns.local. NXDOMAIN',
    'xweb.skydns.local. NXDOMAIN',
  ]);
  expect(await said('client')).toHaveLength(4);
  expect((await said('client')).every((line) => line.endsWith('127.0.0.9'))).toBe(true);
  expect(await said('nobody')).toEqual([]);
  expect(await said('part')).toEqual([]);
});

it('goes on in a new file after SIGHUP, and is turned on, changed and off by it', async () => {
  const config = join(folder, 'log.yaml');
  const file = join(folder, 'rotated');
  await writeFile(config, '');
  const server = await start(['--workers', '1', '--config', config]);
  const { address, program } = server;
  const reread = async (text: string) => {
    const from = program.err.all.length;
    await writeFile(config, text);
    program.signal('SIGHUP');
    await program.logged(/^configuration read again/, from);
  };
  await dig(address, 'before.skydns.local');
  await reread(`query-log: ${file}\n`);
  await dig(address, 'first.skydns.local');
  expect((await lines(file, 1)).map(({ name }) => name)).toEqual(['first.skydns.local.']);
  await rename(file, `${file}.1`);
  await reread(`query-log: ${file}\n`);
  await dig(address, 'second.skydns.local');
  expect((await lines(file, 1)).map(({ name }) => name)).toEqual(['second.skydns.local.']);
  expect((await linesOf(`${file}.1`)).map(({ name }) => name)).toEqual(['first.skydns.local.']);
  await reread(`query-log: ${file}\nquery-log-rcode: [NOERROR]\n`);
  await dig(address, 'third.skydns.local');
  await dig(address, 'web.skydns.local');
  expect((await lines(file, 2)).map(({ name }) => name)).toEqual([
    'second.skydns.local.',
    'web.skydns.local.',
  ]);
  await reread('');
  await dig(address, 'web.skydns.local');
  await server.stop();
  expect(await linesOf(file)).toHaveLength(2);
});

it('is lost and counted where nobody reads standard output, and every question is answered all the same', async () => {
  const port = '0';
  const args = ['serve', '--listen', `127.0.0.1:${port}`, '--http', '127.0.0.1:0', '--query-log', '-'];
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  scene.onEnd(async () => {
    child.kill('SIGKILL');
  });
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    err += piece;
  });
  const listening = () => err.split('\n').find((line) => line.includes('"listening"'));
  await until(() => listening() !== undefined && err.includes('is synced'), 'it is ready');
  const { listen, http } = JSON.parse(listening()!) as {
    listen: { host: string; port: number }[];
    http: { port: number };
  };
  const at = listen[0]!;
  const metric = async (name: string) => {
    const text = await (await fetch(`http://127.0.0.1:${http.port}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  };
  const { Client } = await import('../transport/udp-batch-support.ts');
  const { packet } = await import('../table/questions.ts');
  const client = await Client.to(at);
  let answered = 0;
  const question = packet({ name: 'web.skydns.local' });
  for (let round = 0; round < 2000 && (await metric('fingerpost_query_log_lost_total')) === 0; round++) {
    for (let burst = 0; burst < 20; burst++) {
      const ids = Array.from({ length: 50 }, () => client.sendNumbered(question));
      answered += 50;
      await until(() => client.received.length >= 50, `all are answered, ${ids.length} of ${answered}`);
      client.received.length = 0;
    }
  }
  client.close();
  expect(await metric('fingerpost_query_log_lost_total')).toBeGreaterThan(0);
  expect(await short(at, 'web.skydns.local')).toEqual(['10.0.0.1']);
  // When somebody reads it, lines come, each of them whole.
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    out += piece;
  });
  await until(() => out.length > 3 << 20, 'what was kept comes');
  const [ready, ...logged] = out.split('\n').slice(0, -1);
  expect(ready).toMatch(/^fingerpost ready/);
  for (const line of logged.slice(0, 5000)) expect(JSON.parse(line)).toMatchObject({ type: 'A' });
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(0);
});

it('that cannot be written ends the program with one line, and mistakes in its options do', async () => {
  const { code, stderr } = await scene.call(['serve', '--http', 'off', '--query-log', '/nonexistent/log']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^fingerpost: cannot write the query log \/nonexistent\/log: ENOENT[^\n]*\n$/);
  for (const mistake of [
    ['--query-log-sample', '0%'],
    ['--query-log-sample', '101%'],
    ['--query-log-rcode', 'NXDOMAN'],
    ['--query-log-client', '10.0.0.1/8'],
    ['--query-log-zone', 'a..b'],
    ['--dnstap', '/run/dnstap.sock'],
    ['--dnstap', `unix:${'x'.repeat(108)}`],
  ]) {
    const wrong = await scene.call(['serve', ...mistake]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain(mistake[0]);
    expect(wrong.stderr.trimEnd().split('\n')).toHaveLength(1);
  }
});
