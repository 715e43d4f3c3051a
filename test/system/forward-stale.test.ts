// Other servers that fail while clients ask: what is known goes on being given out and says so, what is not fails in time.
import { describe, expect, it } from 'vitest';
import { dig, records, short, status } from '../support/dig.ts';
import { startKnot } from '../support/knot.ts';
import { Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';
import { loadServices } from '../support/services.ts';

/** Seconds for which an answer is good, in the zone and for names that are not there. */
const TTL = 2;
const EXAMPLE = `$ORIGIN example.com.
$TTL ${TTL}
@ SOA ns hostmaster 1 7200 1800 86400 ${TTL}
@ NS ns
ns A 127.0.0.1
www A 192.0.2.80
alias CNAME www
`;
const STALE = /EDE: 3 \(Stale Answer\)/;
const STALE_NXDOMAIN = /EDE: 19 \(Stale NXDOMAIN Answer\)/;
const UNREACHABLE = /SERVFAIL[\s\S]*EDE: 23 \(Network Error\)/;
const TIMEOUT = /SERVFAIL[\s\S]*EDE: 22 \(No Reachable Authority\)/;
const soon = { timeout: 90_000, interval: 200 };

const scene = new Scene();

async function stateOf(server: TestServer): Promise<string | undefined> {
  return (await server.readyz()).upstream[0]?.servers[0]?.state;
}

async function world(...more: readonly string[]) {
  const knot = await startKnot(scene, { 'example.com': EXAMPLE });
  const cwd = await scene.folder();
  await loadServices(scene, cwd, {
    'a.skydns.local': { host: '10.0.0.1', port: 80 },
    'outside.skydns.local': { host: 'alias.example.com', port: 80 },
  });
  const { port } = knot.address;
  const given = ['--forward', `127.0.0.1:${port}`, '--forward-timeout', '2', '--workers', '1', ...more];
  const server = await scene.server(given, { cwd });
  // A busy machine may be as slow as a server that fails.
  await expect.poll(() => short(server.address, 'www.example.com'), soon).toEqual(['192.0.2.80']);
  await expect.poll(() => short(server.address, 'outside.skydns.local'), soon).toHaveLength(3);
  await expect.poll(() => status(server.address, 'nothing.example.com'), soon).toBe('NXDOMAIN');
  return { knot, server };
}

/** What is known is stale, by UDP and TCP; what is not fails like `failure`; zone names are as ever. */
async function fails(server: TestServer, failure: RegExp): Promise<void> {
  const ask = (...words: readonly string[]) => dig(server.address, ...words);
  await expect.poll(() => ask('www.example.com'), soon).toMatch(STALE);
  for (const way of ['+notcp', '+tcp']) {
    expect(await ask(way, 'www.example.com')).toMatch(/NOERROR[\s\S]*EDE: 3 /);
    expect(await records('answer', server.address, way, 'www.example.com')).toEqual([
      'www.example.com. 30 IN A 192.0.2.80',
    ]);
    expect(await ask(way, `new${way.slice(1)}.example.com`)).toMatch(failure);
    expect(await short(server.address, way, 'a.skydns.local')).toEqual(['10.0.0.1']);
    expect(await ask(way, 'a.skydns.local')).not.toMatch(/EDE/);
  }
  await expect.poll(() => ask('nothing.example.com'), soon).toMatch(STALE_NXDOMAIN);
  await expect.poll(() => stateOf(server), soon).toBe('down');
  expect((await server.readyz()).status).toBe(200);
}

describe('a server that was stopped', () => {
  it('has its answers given out, marked, until it is back', async () => {
    const { knot, server } = await world();
    await knot.running.stop();
    await fails(server, UNREACHABLE);
    // A service that leads outside goes on as well.
    expect(await short(server.address, 'outside.skydns.local')).toHaveLength(3);
    expect(await short(server.address, 'outside.skydns.local', 'SRV')).toEqual([
      '10 100 80 alias.example.com.',
    ]);
    await startKnot(scene, { 'example.com': EXAMPLE }, knot.address.port);
    // After a failure it is left alone with a question for half a minute.
    await expect.poll(() => dig(server.address, 'www.example.com'), soon).not.toMatch(/EDE/);
    expect(await short(server.address, 'www.example.com')).toEqual(['192.0.2.80']);
    await expect.poll(() => stateOf(server), soon).toBe('up');
    expect(server.log.some(({ msg }) => msg === 'an upstream server answers again')).toBe(true);
  });
});

describe('a server that hangs', () => {
  it('has its answers given out, marked; what is not known fails in time', async () => {
    const { knot, server } = await world();
    knot.running.signal('SIGSTOP');
    await fails(server, TIMEOUT);
    knot.running.signal('SIGCONT');
    await expect.poll(() => status(server.address, 'ns.example.com'), soon).toBe('NOERROR');
  });
});

describe('what is too old', () => {
  it.each(['0', '3'])('is not given out: --forward-stale-max %s', async (most) => {
    const { knot, server } = await world('--forward-stale-max', most);
    await knot.running.stop();
    await expect.poll(() => dig(server.address, 'www.example.com'), soon).toMatch(UNREACHABLE);
    expect(await short(server.address, 'a.skydns.local')).toEqual(['10.0.0.1']);
    // A name whose addresses cannot be found out is not one without addresses.
    expect(await status(server.address, 'outside.skydns.local')).toBe('SERVFAIL');
    expect(await short(server.address, 'outside.skydns.local', 'SRV')).toEqual([
      '10 100 80 alias.example.com.',
    ]);
  });
});
