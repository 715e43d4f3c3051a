// What clients are told of knowledge that may be old, by every way that answers take: threads, main thread, UDP, TCP.
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dig, kdig, records, short } from '../support/dig.ts';
import type { TestEtcd } from '../support/etcd.ts';
import { Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';

const scene = new Scene();
const soon = { timeout: 60_000, interval: 50 };
const put = (etcd: TestEtcd, label: string, fields: object) =>
  etcd.ctl('put', `/skydns/local/skydns/${label}`, JSON.stringify(fields));

const STALE = /EDE: 3 \(Stale Answer\)/;
const TOO_OLD = /EDE: 24 \(Invalid Data\)/;
const ANY_NOTE = /EDE/;

/** Questions that are answered from the table, from the set of names, from numbers, and anew. */
const QUESTIONS = [
  ['a.skydns.local', 'A'],
  ['a.skydns.local', 'SRV'],
  ['a.skydns.local', 'MX'],
  ['alias.skydns.local', 'A'],
  ['none.skydns.local', 'A'],
  ['skydns.local', 'SOA'],
  ['a.skydns.local', 'TYPE4711'],
];
const WAYS = [['+notcp'], ['+notcp'], ['+tcp'], ['+notcp', '+bufsize=512']];

async function each(server: TestServer, check: (text: string, question: string) => void): Promise<void> {
  for (const question of QUESTIONS)
    for (const way of WAYS)
      check(await dig(server.address, ...way, ...question), [...way, ...question].join(' '));
}

/** The TTLs of all records that dig shows. */
function ttls(text: string): number[] {
  return [...text.matchAll(/^[^;\s]\S*\s+(\d+)\s+IN\s/gm)].map(([, ttl]) => Number(ttl));
}

async function world(...args: string[]): Promise<{ etcd: TestEtcd; server: TestServer }> {
  const etcd = await scene.etcd();
  await put(etcd, 'a', { host: '10.0.0.1', port: 80, ttl: 600 });
  await put(etcd, 'alias', { host: 'a.skydns.local', ttl: 600 });
  const given = ['--registry', `etcd://${etcd.endpoint}`, '--negative-ttl', '500', '--workers', '1'];
  const server = await scene.server([...given, ...args]);
  await expect.poll(() => server.metric('fingerpost_registry_synced'), soon).toBe(1);
  return { etcd, server };
}

const state = (server: TestServer) => async () => (await server.readyz()).state;

describe('while etcd is away', () => {
  it('TTLs are short and answers marked, whoever gives them; afterwards neither, with the table as warm as before', async () => {
    const { etcd, server } = await world();
    await each(server, (text, question) => {
      expect(ttls(text), question).not.toEqual([]);
      for (const ttl of ttls(text)) expect([600, 500, 30], question).toContain(ttl);
      expect(text, question).not.toMatch(ANY_NOTE);
    });
    const compiled = await server.metric('fingerpost_answers_compiled_total');
    await etcd.kill();
    await expect.poll(state(server), soon).toBe('stale');
    await each(server, (text, question) => {
      for (const ttl of ttls(text)) expect(ttl, question).toBe(30);
      expect(text, question).toMatch(STALE);
    });
    expect(await kdig(server.address, '+edns', 'a.skydns.local')).toMatch(/Stale Answer/);
    expect(await dig(server.address, '+noedns', 'a.skydns.local')).not.toMatch(/EDE|OPT/);
    expect(await records('answer', server.address, '+noedns', 'a.skydns.local')).toEqual([
      'a.skydns.local. 30 IN A 10.0.0.1',
    ]);
    await etcd.start();
    await expect.poll(state(server), soon).toBe('synced');
    expect(await dig(server.address, 'a.skydns.local')).not.toMatch(ANY_NOTE);
    expect(ttls(await dig(server.address, 'a.skydns.local'))).toEqual([600]);
    // Types that are not kept are computed anew each time; all else was not.
    const anew = (await server.metric('fingerpost_answers_compiled_total')) - compiled;
    expect(anew).toBeLessThanOrEqual(WAYS.length);
  });

  it('for longer than stale-max, no answer is given, until it is back', async () => {
    const { etcd, server } = await world('--stale-max', '4', '--stale-ttl', '3');
    await each(server, () => {});
    await etcd.kill();
    await expect.poll(state(server), soon).toBe('stale');
    await server.program.logged(/^what is known is older than stale-max/);
    await each(server, (text, question) => {
      expect(text, question).toMatch(/status: SERVFAIL/);
      expect(text, question).toMatch(TOO_OLD);
      expect(ttls(text), question).toEqual([]);
    });
    expect(await server.readyz()).toMatchObject({ status: 503, ready: false, state: 'stale' });
    await etcd.start();
    await expect.poll(() => short(server.address, 'a.skydns.local'), soon).toEqual(['10.0.0.1']);
    expect(await server.readyz()).toMatchObject({ status: 200, ready: true, state: 'synced' });
  });

  it('from the start, with nothing known, the reply says so', async () => {
    const etcd = await scene.etcd();
    await etcd.kill();
    const server = await scene.starting(['--registry', `etcd://${etcd.endpoint}`]);
    await server.program.logged(/^cut off from the registry/);
    await each(server, (text, question) => {
      expect(text, question).toMatch(/status: SERVFAIL/);
      expect(text, question).toMatch(/EDE: 14 \(Not Ready\)/);
    });
  });

  it('for less than two seconds, nobody is told anything', async () => {
    const { etcd, server } = await world();
    const since = server.log.length;
    await etcd.kill();
    await server.program.logged(/^the registry is lost: trying again/);
    await etcd.start();
    await put(etcd, 'b', { host: '10.0.0.2' });
    await expect.poll(() => short(server.address, 'b.skydns.local'), soon).toEqual(['10.0.0.2']);
    // On a busy machine its return may take longer; then it is told, once, and taken back.
    const told = server.log.slice(since).filter(({ msg }) => msg.startsWith('cut off from the registry'));
    expect(told.length).toBeLessThanOrEqual(1);
    await expect.poll(state(server), soon).toBe('synced');
    expect(await dig(server.address, 'b.skydns.local')).not.toMatch(ANY_NOTE);
  });
});

describe('the embedded registry', () => {
  it('is stale while its file is away', async () => {
    const cwd = await scene.folder();
    const server = await scene.server([], { cwd });
    const file = join(cwd, 'fingerpost.db');
    await scene.call(['put', 'a.skydns.local', '{"host":"10.0.0.1","ttl":600}'], { cwd });
    await expect.poll(() => short(server.address, 'a.skydns.local'), soon).toEqual(['10.0.0.1']);
    await rename(file, `${file}.away`);
    await expect.poll(state(server), soon).toBe('stale');
    const text = await dig(server.address, 'a.skydns.local');
    expect(text).toMatch(STALE);
    expect(ttls(text)).toEqual([30]);
    await rename(`${file}.away`, file);
    await expect.poll(state(server), soon).toBe('synced');
    expect(ttls(await dig(server.address, 'a.skydns.local'))).toEqual([600]);
  });
});
