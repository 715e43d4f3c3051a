// Forwarding that leads in a circle: found at the start and while running, named in log and health, and broken.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dig, short, status } from '../support/dig.ts';
import { startKnot } from '../support/knot.ts';
import { startDnsmasq, startUnbound } from '../support/local-caches.ts';
import { freePort } from '../support/ports.ts';
import { PATIENT, Scene } from '../support/scene.ts';
import type { Address, TestServer } from '../support/server.ts';

const EXAMPLE = `$ORIGIN example.com.
$TTL 300
@ SOA ns hostmaster 1 7200 1800 86400 60
@ NS ns
ns A 127.0.0.1
* A 192.0.2.80
`;
const FOUND = /leads back to this one/;
const soon = { timeout: 60_000, interval: 50 };

const scene = new Scene();

async function freeAddress(): Promise<Address> {
  return { host: '127.0.0.1', port: await freePort() };
}

const textOf = ({ host, port }: Address): string => `${host}:${port}`;

/** A server on a port that others can be told beforehand. */
function serverAt(address: Address, forward: readonly Address[], ...more: string[]): Promise<TestServer> {
  const others = forward.flatMap((other) => ['--forward', textOf(other)]);
  return scene.server([...PATIENT, '--listen', textOf(address), ...others, ...more]);
}

/** The state of each server that it forwards to. */
async function states(server: TestServer): Promise<Record<string, string>> {
  const { upstream } = await server.readyz();
  return Object.fromEntries(
    upstream.flatMap(({ servers }) => servers.map(({ address, state }) => [address, state])),
  );
}

/** How many questions it has asked other servers. */
async function asked(server: TestServer): Promise<number> {
  const text = await (await fetch(`http://${server.http.host}:${server.http.port}/metrics`)).text();
  const counts = [...text.matchAll(/^fingerpost_upstream_queries_total\{.*\} (\d+)$/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

describe('a server that forwards to itself', () => {
  it('says so, is ready all the same, and fails at once', async () => {
    const own = await freeAddress();
    const server = await serverAt(own, [own]);
    const found = await server.program.logged(FOUND);
    expect(found).toMatchObject({ level: 'warn', upstream: textOf(own), group: 'forward' });
    expect(await states(server)).toEqual({ [textOf(own)]: 'loop' });
    expect((await server.readyz()).status).toBe(200);
    const before = await asked(server);
    for (let i = 0; i < 20; i++) expect(await status(own, `${i}.example.com`)).toBe('SERVFAIL');
    expect(await dig(own, 'www.example.com')).toMatch(/EDE: 0 \(Other\).*leads back here/);
    // Only probes go out from now on.
    expect((await asked(server)) - before).toBeLessThan(10);
    expect(await status(own, 'skydns.local', 'SOA')).toBe('NOERROR');
  });

  it('asks the other one', async () => {
    const knot = await startKnot(scene, { 'example.com': EXAMPLE });
    const own = await freeAddress();
    const server = await serverAt(own, [own, knot.address]);
    await server.program.logged(FOUND);
    for (let i = 0; i < 5; i++) expect(await short(own, `${i}.example.com`)).toEqual(['192.0.2.80']);
    expect(await states(server)).toEqual({ [textOf(own)]: 'loop', [textOf(knot.address)]: 'up' });
  });
});

describe.each(['dnsmasq', 'unbound'])('a server behind %s, to which it forwards', (what) => {
  it('is found', async () => {
    const own = await freeAddress();
    const lines = ['forward-zone:', '  name: "."', `  forward-addr: ${own.host}@${own.port}`];
    const other = what === 'dnsmasq' ? await startDnsmasq(scene, own) : await startUnbound(scene, lines);
    const server = await serverAt(own, [other]);
    await server.program.logged(FOUND);
    expect(await states(server)).toEqual({ [textOf(other)]: 'loop' });
    expect(await dig(own, 'www.example.com')).toMatch(/EDE: 0 \(Other\).*leads back here/);
    // The one in front is told as much.
    expect(await status(other, 'www.example.com')).toBe('SERVFAIL');
  });
});

describe('two servers that forward to each other', () => {
  it('answer SERVFAIL, and at least one names the other', async () => {
    const [one, two] = [await freeAddress(), await freeAddress()];
    const servers = [await serverAt(one, [two]), await serverAt(two, [one])] as const;
    const loops = async () =>
      (await Promise.all(servers.map(states))).flatMap((all) => Object.values(all)).includes('loop');
    await expect.poll(loops, soon).toBe(true);
    for (const address of [one, two])
      for (let i = 0; i < 5; i++) expect(await status(address, `${i}.example.com`)).toBe('SERVFAIL');
    const log = servers.flatMap(({ log: lines }) => lines);
    expect(log.some(({ level, msg }) => level === 'warn' && FOUND.test(msg))).toBe(true);
    for (const server of servers) expect(await asked(server)).toBeLessThan(200);
  });

  it('are found while they run, and used again when it is over', async () => {
    const knot = await startKnot(scene, { 'example.com': EXAMPLE });
    const [one, two] = [await freeAddress(), await freeAddress()];
    const config = join(await scene.folder(), 'two.yaml');
    const configure = (...forward: Address[]) =>
      writeFile(config, `forward: [${forward.map((other) => `"${textOf(other)}"`).join(', ')}]\n`);
    await configure(knot.address);
    const second = await serverAt(two, [], '--config', config);
    const first = await serverAt(one, [two]);
    expect(await short(one, 'before.example.com')).toEqual(['192.0.2.80']);
    expect(await states(first)).toEqual({ [textOf(two)]: 'up' });
    await configure(one);
    second.program.signal('SIGHUP');
    // Whichever notices first: from then on neither asks the other in vain.
    const found = async () => ({ ...(await states(first)), ...(await states(second)) });
    await expect.poll(async () => Object.values(await found()), soon).toContain('loop');
    expect(await status(one, 'within.example.com')).toBe('SERVFAIL');
    await configure(knot.address);
    second.program.signal('SIGHUP');
    const answer = async () => short(one, `${performance.now().toFixed()}.example.com`);
    await expect.poll(answer, soon).toEqual(['192.0.2.80']);
    await expect.poll(async () => Object.values(await found()), soon).toEqual(['up', 'up']);
  });
});
