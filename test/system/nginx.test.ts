// nginx with deploy/examples/nginx.conf: a name in a variable, whose A records come and go under steady load.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '../support/ports.ts';
import { ROOT } from '../support/program.ts';
import { Requests, request } from '../support/requests.ts';
import { Scene } from '../support/scene.ts';

const SERVICE = join(ROOT, 'test/system/processes/http-service.ts');
const scene = new Scene();
let folder: string;
let url: string;
/** The port of all services: an A record has none. */
let servicePort: number;

/** nginx asks for the name again when it is a second old, and the registry is followed at once. */
const soon = { timeout: 30_000, interval: 200 };

async function startService(host: string, name: string): Promise<void> {
  const program = scene.run(process.execPath, [SERVICE, host, `${servicePort}`, name], { cwd: folder });
  await program.line(/listening/);
}

const change = async (...args: readonly string[]): Promise<void> => {
  expect(await scene.call(args, { cwd: folder })).toMatchObject({ code: 0, stderr: '' });
};
const put = (label: string, host: string) =>
  change('put', `${label}.web.skydns.local`, JSON.stringify({ host }));

beforeAll(async () => {
  folder = await scene.folder();
  servicePort = await freePort();
  for (const [host, name] of [
    ['127.0.0.2', 'a'],
    ['127.0.0.3', 'b'],
    ['127.0.0.4', 'c'],
  ] as const)
    await startService(host, name);
  await put('a', '127.0.0.2');
  await put('b', '127.0.0.3');
  const server = await scene.server([], { cwd: folder });
  const port = await freePort();
  url = `http://127.0.0.1:${port}/`;
  await startNginx({ 8080: port, 5300: server.port, 8000: servicePort });
});

/** The example, with ports that are free here. */
async function startNginx(ports: Readonly<Record<string, number>>): Promise<void> {
  const example = readFileSync(join(ROOT, 'deploy/examples/nginx.conf'), 'utf8');
  const server = example.replaceAll(/\b(8080|5300|8000)\b/g, (port) => String(ports[port]));
  mkdirSync(join(folder, 'tmp'));
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/tmp/${kind};`,
  );
  const root = process.getuid?.() === 0 ? 'user root;' : '';
  const main = `${root} daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events {}
http { access_log off; ${paths.join(' ')}
${server} }`;
  writeFileSync(join(folder, 'nginx.conf'), main);
  scene.run(
    '/usr/sbin/nginx',
    ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log'), '-p', folder],
    {
      cwd: folder,
    },
  );
  await vi.waitFor(async () => expect(await request(url)).toMatchObject({ ok: true }), soon);
}

describe('nginx', () => {
  it('follows the A records of a name, and no request fails meanwhile', async () => {
    const requests = Requests.start(url, 2, 5);
    const answering = async (...names: string[]) => {
      // Of the answers since now: who had a part in the last twenty of them.
      const from = requests.results.length;
      await expect
        .poll(() => {
          const last = requests.results.slice(from).slice(-20);
          return last.length < 20 ? [] : [...new Set(last.map(({ body }) => body))].sort();
        }, soon)
        .toEqual(names);
    };
    await answering('a', 'b');
    await put('c', '127.0.0.4');
    await answering('a', 'b', 'c');
    await change('rm', 'a.web.skydns.local');
    await answering('b', 'c');
    await change('rm', 'b.web.skydns.local');
    await answering('c');
    const results = await requests.stop();
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
    expect(results.length).toBeGreaterThan(50);
    const log = join(folder, 'error.log');
    expect(existsSync(log) ? readFileSync(log, 'utf8') : '').not.toMatch(/\[(error|crit|alert|emerg)\]/);
  });
});
