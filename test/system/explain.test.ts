// fingerpost explain against a real server: what it says is what dig gets, with leases, bad records and other servers.
import { beforeAll, describe, expect, it } from 'vitest';
import { explanationSchema } from '../../src/api/explain-schema.ts';
import type { Explanation } from '../../src/query/explain/explanation.ts';
import { dig, records, short, status } from '../support/dig.ts';
import type { TestEtcd } from '../support/etcd.ts';
import { PATIENT, Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';
import { keyOf } from '../support/services.ts';
import { addresses, namesAsked, startScripted, UPSTREAM_ADDRESS } from '../support/upstream.ts';
import type { ScriptedServer } from '../upstream/scripted.ts';

const scene = new Scene();
const soon = { timeout: 30_000, interval: 50 };
let etcd: TestEtcd;
let server: TestServer;
let upstream: ScriptedServer;
let lease = '';

const put = (name: string, value: object | string, ...flags: string[]) =>
  etcd.ctl('put', ...flags, keyOf(name), typeof value === 'string' ? value : JSON.stringify(value));

const at = () => `@127.0.0.1:${server.http.port}`;

/** What the command prints; its exit code must be 0. */
async function text(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await scene.call(['explain', ...words, at()]);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
}

/** The same as JSON, without the command. */
async function json(name: string, type = 'A', client = '127.0.0.1'): Promise<Explanation> {
  const query = new URLSearchParams({ name, type, client });
  const response = await fetch(`http://127.0.0.1:${server.http.port}/v1/explain?${query}`);
  return explanationSchema.parse(await response.json());
}

const codes = ({ reasons }: Explanation) => reasons.map(({ code }) => code);

beforeAll(async () => {
  etcd = await scene.etcd();
  upstream = await startScripted(scene, addresses());
  lease = /lease (\w+) granted/.exec(await etcd.ctl('lease', 'grant', '600'))?.[1] ?? '';
  await put('1.web.skydns.local', { host: '10.0.0.1', port: 80 }, `--lease=${lease}`);
  await put('2.web.skydns.local', { host: '10.0.0.2', port: 80, ttl: 20 });
  await put('bad.web.skydns.local', '{"host":"a b"}');
  await put('turned.skydns.local', { host: '10.0.0.3' });
  await put('group.skydns.local', { host: '10.0.1.1', group: 'one' });
  await put('x.group.skydns.local', { host: '10.0.1.2', group: 'two' });
  await put('*.w.skydns.local', { host: '10.0.2.1' });
  await put('out.skydns.local', { host: 'www.example.net' });
  server = await scene.server([
    ...['--registry', `etcd://${etcd.endpoint}`, '--workers', '1', '--acl', 'deny 203.0.113.0/24'],
    ...['--forward', `127.0.0.1:${upstream.address.port}`, ...PATIENT],
  ]);
  await put('turned.skydns.local', 'no longer JSON');
  await server.program.logged(/its last good value is served/);
});

describe('explain', () => {
  it('says the answer first, then why, with the keys', async () => {
    const before = await text('web.skydns.local');
    expect(before).toMatch(/^web\.skydns\.local\. A: NOERROR, 2 records\n/);
    expect(before).toContain('bad.web.skydns.local'.split('.').reverse().join('/'));
    expect(before).toContain('computed from the zones');
    expect(await short(server.address, 'web.skydns.local')).toEqual(['10.0.0.1', '10.0.0.2']);
    await expect.poll(() => text('web.skydns.local'), soon).toContain('stands in the table of answers');
  });

  it.each([
    ['web.skydns.local', 'SRV'],
    ['group.skydns.local', 'A'],
    ['any.w.skydns.local', 'A'],
    ['nothing.skydns.local', 'A'],
    ['skydns.local', 'SOA'],
    ['turned.skydns.local', 'A'],
    ['out.skydns.local', 'A'],
    ['www.example.net', 'A'],
    ['localhost', 'AAAA'],
  ])('has what dig gets of %s %s', async (name, type) => {
    const rcode = await status(server.address, name, type);
    const given = await records('answer', server.address, name, type);
    const { answer } = await json(name, type);
    expect([answer.rcode, answer.known]).toEqual([rcode, true]);
    // TTLs of what other servers said count down.
    const lines = answer.answers.map((record) => `${record.name} ${record.type} ${record.data}`).sort();
    expect(lines).toEqual(given.map((line) => line.replace(/ \d+ IN /, ' ')).sort());
  });

  it('names lease, revision, age and TTL of each key', async () => {
    const { services } = await json('web.skydns.local');
    const [first, second] = services;
    expect(first).toMatchObject({
      key: '/skydns/local/skydns/web/1',
      ttl: 30,
      lease: { ttl: 600 },
      age: { atLeast: true },
      state: 'good',
    });
    expect(second).toMatchObject({ ttl: 20, lease: null });
    await put('2.web.skydns.local', { host: '10.0.0.4', port: 80, ttl: 20 });
    await expect
      .poll(async () => (await json('web.skydns.local')).services[1], soon)
      .toMatchObject({ host: '10.0.0.4', age: { atLeast: false } });
    const after = (await json('web.skydns.local')).services[1];
    expect(after?.revision).toBeGreaterThan(second?.revision ?? 0);
  });

  it('tells records that cannot be used, and those served with their last good value', async () => {
    const bad = await json('web.skydns.local');
    expect(bad.bad).toMatchObject([{ key: '/skydns/local/skydns/web/bad', servedRevision: null }]);
    const kept = await json('turned.skydns.local');
    expect(codes(kept)).toContain('quarantined');
    expect(kept.services).toMatchObject([{ state: 'quarantined', host: '10.0.0.3', used: true }]);
    expect(kept.bad[0]?.servedRevision).toBe(kept.services[0]?.revision);
  });

  it('tells what the group rule and a wildcard did', async () => {
    const group = await json('group.skydns.local');
    expect(group.services.map(({ key, leftOut }) => [key, leftOut])).toEqual([
      ['/skydns/local/skydns/group', null],
      ['/skydns/local/skydns/group/x', 'group'],
    ]);
    expect(codes(await json('a.w.skydns.local'))).toContain('wildcard-key');
  });

  it('asks no other server, and says who would be asked', async () => {
    const { summary, answer, servers } = await json('fresh.example.com');
    expect(summary).toContain('forward');
    expect(answer).toMatchObject({ rcode: null, known: false });
    expect(servers[0]?.servers[0]?.address).toBe(`127.0.0.1:${upstream.address.port}`);
    expect(namesAsked(upstream)).not.toContain('fresh.example.com');
    expect(await short(server.address, 'fresh.example.com')).toEqual([UPSTREAM_ADDRESS]);
    expect((await json('fresh.example.com')).answer.answers).toMatchObject([{ data: UPSTREAM_ADDRESS }]);
  });

  it('decides as for the client that is named', async () => {
    expect((await json('web.skydns.local', 'A', '203.0.113.5')).answer).toMatchObject({
      rcode: 'REFUSED',
      error: { code: 18 },
    });
    expect(codes(await json('other.example.com', 'A', '198.51.100.5'))).toContain('not-served');
  });

  it('prints what HTTP gives', async () => {
    const printed = explanationSchema.parse(
      JSON.parse(await text('--json', '--client', '203.0.113.5', 'a.example.com')),
    );
    expect(printed).toEqual(await json('a.example.com', 'A', '203.0.113.5'));
  });

  it('counts nothing', async () => {
    const requests = async () => {
      const page = await (await fetch(`http://127.0.0.1:${server.http.port}/metrics`)).text();
      return page
        .split('\n')
        .filter((line) => /^fingerpost_(dns_requests|answers_compiled|table_|cache_)/.test(line));
    };
    const before = await requests();
    expect(before).not.toEqual([]);
    await text('web.skydns.local', 'TXT');
    await text('another.example.com');
    expect(await requests()).toEqual(before);
  });

  it('says that what is told is stale while etcd is away', async () => {
    await etcd.kill();
    await expect.poll(async () => (await server.readyz()).state, soon).toBe('stale');
    const { answer, registry, reasons } = await json('web.skydns.local');
    expect(answer).toMatchObject({ rcode: 'NOERROR', error: { code: 3, text: 'Stale Answer' } });
    expect(registry).toMatchObject({ state: 'stale', since: expect.stringMatching(/^\d{4}-/) });
    expect(reasons.map(({ code }) => code)).toContain('stale');
    expect(await dig(server.address, 'web.skydns.local')).toMatch(/EDE: 3/);
  });
});
