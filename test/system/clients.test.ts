// Programs in a container whose resolv.conf names us alone: unmodified, each with its own resolver.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Client, clientsOn } from '../support/clients.ts';
import { cable, SERVER_V4, SERVER_V6 } from '../support/namespaces.ts';
import { MAIN } from '../support/program.ts';
import { Scene } from '../support/scene.ts';
import { loadServices } from '../support/services.ts';

const SERVICES = {
  'a.web.skydns.local': { host: SERVER_V4, port: 8080 },
  'b.web.skydns.local': { host: SERVER_V6, port: 8081 },
  'alias.skydns.local': { host: 'web.skydns.local', port: 8080 },
};
const NAMES = [
  'getent (glibc)',
  'musl',
  'Node, c-ares',
  'Node, dns.lookup',
  "Go's own resolver",
  'Go through cgo',
  'Java',
  'Python',
  'busybox nslookup',
];
const ASKS_SRV = ['Node, c-ares', "Go's own resolver", 'Java'];

const scene = new Scene();
const { server, client } = cable(scene);
const clients = new Map<string, Client>();
let folder = '';

beforeAll(async () => {
  folder = await scene.folder();
  await loadServices(scene, folder, SERVICES);
  const listen = ['--listen', `${SERVER_V4}:53`, '--listen', `[${SERVER_V6}]:53`];
  const program = server.start(process.execPath, [MAIN, 'serve', ...listen, '--http', 'off'], {
    cwd: folder,
  });
  client.resolvConf(`nameserver ${SERVER_V4}\nsearch skydns.local\n`);
  for (const one of await clientsOn(client, folder)) clients.set(one.name, one);
  await program.line(/ready/);
  const web = server.start('busybox', ['httpd', '-f', '-p', `${SERVER_V4}:8080`, '-h', folder], {
    cwd: folder,
  });
  expect(web.ended).toBe(false);
});

it('curl fetches from a service', async () => {
  await writeFile(join(folder, 'hello'), 'found\n');
  const args = ['--silent', '--retry', '20', '--retry-connrefused', '--retry-delay', '1'];
  const { stdout } = await client.run('curl', [...args, 'http://a.web:8080/hello'], { cwd: folder });
  expect(stdout).toBe('found\n');
});

it('ping reaches a service', async () => {
  const { stdout } = await client.run('ping', ['-4', '-n', '-c', '1', '-w', '20', 'alias'], { cwd: folder });
  expect(stdout).toMatch(/^PING .*\(10\.77\.0\.1\)/);
  expect(stdout).toMatch(/ 1 received/);
});

describe.each(NAMES)('%s', (name) => {
  const of = (): Client => clients.get(name)!;

  it('finds a service', async () => {
    expect(await of().addresses('web.skydns.local')).toEqual([SERVER_V4, SERVER_V6]);
  });

  it('finds it through an alias', async () => {
    expect(await of().addresses('alias.skydns.local')).toEqual([SERVER_V4, SERVER_V6]);
  });

  // c-ares does not search when it is asked for a type of record.
  if (name !== 'Node, c-ares') {
    it('finds it by a name of the search list', async () => {
      expect(await of().addresses('web')).toEqual([SERVER_V4, SERVER_V6]);
    });
  }

  it('is told at once that a name does not exist', async () => {
    const begun = performance.now();
    expect(await of().addresses('nothing.skydns.local')).toEqual([]);
    // Clients ask again after five seconds.
    expect(performance.now() - begun).toBeLessThan(4500);
  });

  if (ASKS_SRV.includes(name)) {
    it('finds where it runs', async () => {
      const found = await of().services!('web.skydns.local');
      expect(found.map((line) => line.replace('. ', ' '))).toEqual([
        'a.web.skydns.local 8080',
        'b.web.skydns.local 8081',
      ]);
    });
  }
});
