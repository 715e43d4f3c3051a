// `--forward resolv.conf`: the system's own servers, as the file comes, changes and goes. In a host of its own, since such
// servers listen on port 53.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { prepareKnot, untilAnswered } from '../support/knot.ts';
import { cable } from '../support/namespaces.ts';
import { MAIN, type Running } from '../support/program.ts';
import { PATIENT, Scene } from '../support/scene.ts';
import { loadServices } from '../support/services.ts';

const OWN = '127.0.0.1';
/** Each says another address, so that it is seen who was asked. */
const UPSTREAMS = { '127.0.0.53': '192.0.2.53', '127.0.0.54': '192.0.2.54' };
const zoneOf = (address: string): string => `$ORIGIN example.com.
$TTL 300
@ SOA ns hostmaster 1 7200 1800 86400 60
@ NS ns
ns A 127.0.0.1
* A ${address}
`;
const soon = { timeout: 60_000, interval: 200 };

const scene = new Scene();
const { server: host } = cable(scene);
let program: Running;
let cwd = '';
let etc = '';

async function dig(...words: readonly string[]): Promise<string> {
  const { stdout } = await host.run('dig', [`@${OWN}`, '+time=5', '+tries=5', ...words], { cwd });
  return stdout.trim();
}

const short = (...words: readonly string[]): Promise<string> => dig('+short', ...words);

/** A name that was not asked for before. */
let names = 0;
const newName = (): string => `n${names++}.example.com`;

/** As editors and DHCP clients do it: another file in its place. */
function resolvConf(text: string): void {
  writeFileSync(join(etc, 'resolv.conf.new'), text);
  renameSync(join(etc, 'resolv.conf.new'), join(etc, 'resolv.conf'));
}

/** The last line of the log that is about the file. */
function lastSaid(): Record<string, unknown> | undefined {
  return program.log.findLast(({ path }) => path === '/etc/resolv.conf');
}

beforeAll(async () => {
  cwd = await scene.folder();
  etc = await scene.folder();
  await loadServices(scene, cwd, { 'a.skydns.local': { host: '10.0.0.1' } });
  for (const [address, said] of Object.entries(UPSTREAMS)) {
    const config = await prepareKnot(await scene.folder(), `${address}@53`, { 'example.com': zoneOf(said) });
    const knot = host.start('/usr/sbin/knotd', ['-c', config], { cwd });
    const soa = [`@${address}`, '+time=1', '+tries=1', 'example.com', 'SOA'];
    await untilAnswered(knot, async () => (await host.run('dig', soa, { cwd })).stdout);
  }
  const serve = [
    MAIN,
    'serve',
    '--listen',
    OWN,
    '--forward',
    'resolv.conf',
    ...PATIENT,
    '--http',
    '127.0.0.1:5380',
  ];
  // Its /etc is a folder of ours, at first an empty one.
  const inside = ['-c', 'mount --bind "$0" /etc && exec "$@"', etc, process.execPath, ...serve];
  program = host.start('/bin/sh', inside, { cwd });
  await program.line(/ready/);
});

it('the file is missing: that is said, names outside fail at once, services are answered', async () => {
  expect(lastSaid()).toMatchObject({ level: 'warn', problem: expect.stringContaining('ENOENT') });
  expect(await dig(newName())).toMatch(/status: SERVFAIL[\s\S]*EDE: 23 /);
  expect(await short('a.skydns.local')).toBe('10.0.0.1');
});

it('the file comes: its server is asked', async () => {
  resolvConf('# of the system\nnameserver 127.0.0.53\noptions edns0\n');
  await expect.poll(() => short(newName()), soon).toBe('192.0.2.53');
  expect(await short('kept.example.com')).toBe('192.0.2.53');
  expect(lastSaid()).toMatchObject({ level: 'info', servers: ['127.0.0.53:53'] });
});

it('the file changes: the other server is asked, also for what was known, and we ourselves are left out', async () => {
  resolvConf('nameserver 127.0.0.1\nnameserver 127.0.0.54\n');
  await expect.poll(() => short(newName()), soon).toBe('192.0.2.54');
  expect(await short('kept.example.com')).toBe('192.0.2.54');
  expect(lastSaid()).toMatchObject({ level: 'info', servers: ['127.0.0.54:53'], ours: ['127.0.0.1:53'] });
  const { stdout } = await host.run('curl', ['--silent', 'http://127.0.0.1:5380/healthz'], { cwd });
  expect(JSON.parse(stdout)).toMatchObject({
    upstream: [{ name: 'forward', servers: [{ address: '127.0.0.54:53', state: 'up' }] }],
  });
});

it.each([
  ['names only ourselves', 'nameserver 127.0.0.1\n', /^it names only this server$/],
  ['is empty', '', /^it names no server$/],
  ['names no address', 'nameserver dns.example\n', /^it names no server$/],
  ['is gone', undefined, /ENOENT/],
])(
  'the file %s: that is said, what is known stays, and it is used again when it is back',
  async (_what, text, problem) => {
    if (text === undefined) rmSync(join(etc, 'resolv.conf'));
    else resolvConf(text);
    await expect.poll(() => lastSaid()?.problem, soon).toMatch(problem);
    expect(await dig(newName())).toMatch(/status: SERVFAIL/);
    expect(await short('kept.example.com')).toBe('192.0.2.54');
    resolvConf('nameserver 127.0.0.54\n');
    await expect.poll(() => short(newName()), soon).toBe('192.0.2.54');
  },
);
