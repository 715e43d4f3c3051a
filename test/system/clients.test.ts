// Programs in a container whose resolv.conf names us alone: unmodified, each with its own resolver.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Client, clientsOn } from '../support/clients.ts';
import { prepareKnot, untilAnswered } from '../support/knot.ts';
import { cable, SERVER_V4, SERVER_V6 } from '../support/namespaces.ts';
import { MAIN } from '../support/program.ts';
import { Scene } from '../support/scene.ts';
import { loadServices } from '../support/services.ts';

const SERVICES = {
  'a.web.skydns.local': { host: SERVER_V4, port: 8080 },
  'b.web.skydns.local': { host: SERVER_V6, port: 8081 },
  'alias.skydns.local': { host: 'web.skydns.local', port: 8080 },
  'outside.skydns.local': { host: 'www.example.com', port: 8080 },
};
/** What the one other server knows; `big` is 1,634 bytes. */
const BIG = Array.from({ length: 100 }, (_, i) => `192.0.2.${i + 1}`);
const EXAMPLE = `$ORIGIN example.com.
$TTL 300
@ SOA ns hostmaster 1 7200 1800 86400 60
@ NS ns
ns A 127.0.0.1
www A 198.51.100.80
www AAAA 2001:db8::80
alias CNAME www
web A ${SERVER_V4}
${BIG.map((address) => `big A ${address}`).join('\n')}
`;
const WWW = ['198.51.100.80', '2001:db8::80'];
/** Where the other server listens, as a cache of the system's own would. */
const UPSTREAM = '127.0.0.53';
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

/** Clients without a reply ask again after five seconds. */
const ASKS_AGAIN_MS = 4500;

/** How long a client takes to find nothing, in milliseconds: the least of a few times, since the machine may be busy. */
async function leastTimeToMiss({ addresses }: Client, name: string): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 5 && least >= ASKS_AGAIN_MS; time++) {
    const begun = performance.now();
    expect(await addresses(name)).toEqual([]);
    least = Math.min(least, performance.now() - begun);
  }
  return least;
}

const scene = new Scene();
const { server, client } = cable(scene);
const clients = new Map<string, Client>();
let folder = '';

beforeAll(async () => {
  folder = await scene.folder();
  await loadServices(scene, folder, SERVICES);
  const place = { cwd: folder };
  const knot = ['-c', await prepareKnot(await scene.folder(), `${UPSTREAM}@53`, { 'example.com': EXAMPLE })];
  const upstream = server.start('/usr/sbin/knotd', knot, place);
  const soa = [`@${UPSTREAM}`, '+time=1', '+tries=1', 'example.com', 'SOA'];
  await untilAnswered(upstream, async () => (await server.run('dig', soa, place)).stdout);
  const listen = ['--listen', `${SERVER_V4}:53`, '--listen', `[${SERVER_V6}]:53`];
  const outside = ['--forward', UPSTREAM, '--search', 'skydns.local,example.com'];
  const program = server.start(
    process.execPath,
    [MAIN, 'serve', ...listen, ...outside, '--http', 'off'],
    place,
  );
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

it('curl fetches from a host outside', async () => {
  const { stdout } = await client.run('curl', ['--silent', 'http://web.example.com:8080/hello'], {
    cwd: folder,
  });
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
    expect(await leastTimeToMiss(of(), 'nothing.skydns.local')).toBeLessThan(ASKS_AGAIN_MS);
  });

  it('finds a name outside, and what it stands for', async () => {
    expect(await of().addresses('www.example.com')).toEqual(WWW);
    expect(await of().addresses('alias.example.com')).toEqual(WWW);
  });

  it('finds as many addresses outside as UDP does not hold', async () => {
    const found = await of().addresses('big.example.com');
    if (of().isUdpOnly !== true) expect(found).toEqual([...BIG].sort());
    expect(found.length).toBeGreaterThan(0);
    expect(BIG).toEqual(expect.arrayContaining(found));
  });

  it('is told at once that a name outside does not exist', async () => {
    expect(await leastTimeToMiss(of(), 'nothing.example.com')).toBeLessThan(ASKS_AGAIN_MS);
  });

  it('finds a service outside', async () => {
    expect(await of().addresses('outside.skydns.local')).toEqual(WWW);
  });

  if (name !== 'Node, c-ares') {
    // Its resolv.conf has the first search domain alone: the server goes on to the second.
    it('finds a name outside by a name of the search list', async () => {
      expect(await of().addresses('www')).toEqual(WWW);
      expect(await of().addresses('big.example.com.skydns.local')).not.toEqual([]);
    });
  }

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
