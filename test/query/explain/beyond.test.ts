// Why names outside the zones, and hosts there, are answered as they are; and that an explanation asks nobody for it.
import { describe, expect, it } from 'vitest';
import { realClock } from '../../../src/base/clock.ts';
import { nameOf, typeOf } from '../../support/upstream.ts';
import { soa } from '../../upstream/cache-bytes.ts';
import { A, type Rig, replyTo, rig, server } from '../../upstream/rig.ts';
import type { ScriptedServer } from '../../upstream/scripted.ts';
import { ExplainScene, linesOfExplained, type SceneOptions } from './scene.ts';

const RECORDS = {
  '/skydns/org/example/web': { host: '10.0.0.1' },
  '/skydns/org/example/out': { host: 'www.example.net', port: 80 },
  '/skydns/org/example/lost': { host: 'nothing.example.net', port: 80 },
};

interface Made {
  readonly scene: ExplainScene;
  readonly up: ScriptedServer;
  readonly mine: Rig;
}

/** Names that begin with `nothing` do not exist outside; all others have one address. */
async function made(options: Partial<SceneOptions> = {}): Promise<Made> {
  const up = await server((asking) => {
    const parts = nameOf(asking).startsWith('nothing')
      ? { flags: 0x8183, authority: [soa(60, 60)] }
      : typeOf(asking) === 1
        ? { answers: [A] }
        : { authority: [soa(60, 60)] };
    asking.send(replyTo(asking, parts));
  });
  const mine = rig(realClock, { timeoutMs: 30_000 });
  const group = mine.group(up);
  const stub = mine.forwarder.group({ name: 'stub stub.test', stub: true }, [up.address]);
  const scene = new ExplainScene(RECORDS, {
    forwarder: mine.forwarder,
    servers: group,
    stubs: { 'stub.test': stub, 'sub.example.org': stub },
    search: ['example.org'],
    zones: ['example.org', '100.in-addr.arpa'],
    open: ['100.in-addr.arpa'],
    ...options,
  });
  return { scene, up, mine };
}

describe('a name outside', () => {
  it('is left open until it was asked for, then told from the cache and the table', async () => {
    const { scene, up } = await made();
    const before = await scene.explain('www.example.net A');
    expect(before).toMatchObject({
      summary: 'what other servers say (forward): they would be asked now',
      answer: { rcode: null, known: false, answers: [], bytes: 0 },
      source: 'servers',
      servers: [{ group: 'forward', servers: [{ address: `127.0.0.1:${up.address.port}`, state: 'up' }] }],
      cache: [],
    });
    expect(up.askings).toHaveLength(0);
    const given = await scene.answer('www.example.net A');
    expect(up.askings).toHaveLength(1);
    const after = await scene.explain('www.example.net A');
    expect(linesOfExplained(after)).toEqual(given);
    expect(after).toMatchObject({
      source: 'cache',
      cache: [{ name: 'www.example.net.', state: 'fresh', rcode: 'NOERROR' }],
    });
    await scene.answer('www.example.net A');
    expect((await scene.explain('www.example.net A')).source).toBe('table');
    expect(up.askings).toHaveLength(1);
  });

  it.each([
    ['www.example.net A', ['outside', 'forward', 'ask', 'unknown']],
    ['host.stub.test A', ['outside', 'stub', 'ask', 'unknown']],
    ['host.sub.example.org A', ['delegated', 'stub', 'ask', 'unknown']],
    ['localhost A', ['outside', 'forward', 'special']],
    ['1.0.0.10.in-addr.arpa PTR', ['outside', 'forward', 'special']],
    ['db A', ['outside', 'forward', 'short']],
    ['1.1.1.100.in-addr.arpa PTR', ['zone', 'nxdomain', 'encloser', 'reverse', 'forward', 'ask', 'unknown']],
    ['www.example.net.example.org A', ['zone', 'nxdomain', 'encloser', 'search', 'ask', 'unknown']],
    ['out.example.org A', ['zone', 'services', 'alias', 'ask', 'unknown']],
    ['out.example.org SRV', ['zone', 'services', 'ask', 'ask', 'unknown']],
  ])('%s', async (question, codes) => {
    const { scene, up } = await made();
    const [, source, ...reasons] = await scene.gist(question);
    expect(reasons).toEqual(codes);
    expect(source).toBe(codes.includes('unknown') ? 'servers' : 'rule');
    expect(up.askings).toHaveLength(0);
  });

  it.each([
    ['www.example.net A', 'REFUSED', ['outside', 'forward', 'not-served']],
    ['www.example.net.example.org A', 'NXDOMAIN', ['zone', 'nxdomain', 'encloser']],
    ['1.1.1.100.in-addr.arpa PTR', 'NXDOMAIN', ['zone', 'nxdomain', 'encloser']],
  ])('%s asked by a client that is not served', async (question, rcode, codes) => {
    const { scene } = await made();
    const [summary, , ...reasons] = await scene.gist(question, '198.51.100.1');
    expect([summary, ...reasons.filter((code) => code !== 'computed' && code !== 'names')]).toEqual([
      rcode,
      ...codes,
    ]);
  });

  it('whose servers all lead back here is SERVFAIL, known beforehand', async () => {
    const { scene, mine } = await made();
    const loops = mine.group();
    const own = await made({ servers: loops });
    expect(await scene.explain('www.example.net A')).toMatchObject({ answer: { known: false } });
    expect(await own.scene.explain('www.example.net A')).toMatchObject({
      summary: 'SERVFAIL',
      answer: { rcode: 'SERVFAIL', known: true, error: { code: 23 } },
    });
  });
});

it('what the set of names denies is denied, whatever others may know', async () => {
  const { scene } = await made({ open: [] });
  const { answer, source } = await scene.explain('1.1.1.100.in-addr.arpa PTR');
  expect([answer.rcode, answer.known, source]).toEqual(['NXDOMAIN', true, 'names']);
  expect(await scene.answer('1.1.1.100.in-addr.arpa PTR')).toEqual([
    'NXDOMAIN',
    expect.stringMatching(/^@ 100\.in-addr\.arpa\. /),
  ]);
});

describe('hosts and search domains', () => {
  it.each([
    ['out.example.org A'],
    ['out.example.org SRV'],
    ['lost.example.org A'],
    ['lost.example.org AAAA'],
    ['www.example.net.example.org A'],
    ['nothing.example.net.example.org A'],
    ['1.1.1.100.in-addr.arpa PTR'],
    ['host.sub.example.org AAAA'],
  ])('%s is explained as it is answered, once others were asked', async (question) => {
    const { scene, up } = await made();
    expect((await scene.explain(question)).answer.known).toBe(false);
    expect(up.askings).toHaveLength(0);
    const given = await scene.answer(question);
    const { length } = up.askings;
    expect(length).toBeGreaterThan(0);
    const after = await scene.explain(question);
    expect(after.answer.known).toBe(true);
    expect(linesOfExplained(after)).toEqual(given);
    expect(up.askings).toHaveLength(length);
  });

  it('leave no mark in the cache', async () => {
    const { scene } = await made();
    await scene.answer('out.example.org A');
    const first = await scene.explain('out.example.org A');
    for (let i = 0; i < 5; i++) await scene.explain('out.example.org A');
    const last = await scene.explain('out.example.org A');
    expect(last.reasons).toEqual(first.reasons);
    expect(last.cache.map(({ name, state }) => [name, state])).toEqual([['www.example.net.', 'fresh']]);
  });
});
