// The cache and stub zones with the forwarder behind them, and servers on loopback.
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import { type Outcome, UpstreamCache } from '../../src/upstream/cache.ts';
import { ownQuestion } from '../../src/upstream/cache-question.ts';
import { Resolver } from '../../src/upstream/cache-resolver.ts';
import type { ServerGroup } from '../../src/upstream/group.ts';
import { readMarks } from '../../src/upstream/marks.ts';
import { StubZones } from '../../src/upstream/stub.ts';
import { reversedLabels } from '../../src/wire/name.ts';
import { name } from '../wire/packets.ts';
import { DAY } from './cache-bytes.ts';
import { type Rig, replies, rig, server, silence } from './rig.ts';

function resolverOf(mine: Rig, clock: ManualClock): Resolver {
  const { counters } = mine.deps;
  const options = { lifetimes: DAY, staleMax: 86_400 };
  return new Resolver(options, { cache: new UpstreamCache(2 ** 20, counters), counters, clock });
}

const kindOf = (outcome: Outcome): string =>
  outcome.kind === 'answer' ? `${outcome.stale ? 'stale ' : ''}${outcome.reply.rcode}` : outcome.kind;

describe('with the forwarder', () => {
  it('asks once, and gives out what it has when the server falls silent', async () => {
    let script = replies();
    const up = await server((asking) => script(asking));
    const clock = new ManualClock(1_000_000);
    const mine = rig(clock);
    const group = mine.group(up);
    const resolver = resolverOf(mine, clock);
    const { request, query } = ownQuestion(name('www.example'), 1);
    const resolve = () =>
      resolver.resolve(request, query, () => mine.forwarder.forward(request, query, undefined, group));
    const [first, second] = await Promise.all([resolve(), resolve()]);
    expect(kindOf(first)).toBe('0');
    expect(second).toBe(first);
    expect(resolve()).toEqual(first);
    expect(up.askings).toHaveLength(1);
    script = silence;
    clock.advance(30_000);
    const waiting = resolve();
    clock.advance(1800);
    expect(kindOf(await waiting)).toBe('stale 0');
    expect(mine.count('cacheHits')).toBe(1);
    expect(mine.count('cacheStale')).toBe(1);
    expect(mine.count('cacheAnswers')).toBe(1);
  });

  it('sends the questions of a stub zone to its servers, marked, as long as it is there', async () => {
    const outside = await server(replies());
    const inside = await server(replies());
    const clock = new ManualClock(1_000_000);
    const mine = rig(clock);
    const all = mine.group(outside);
    const resolver = resolverOf(mine, clock);
    const stubs = new StubZones<ServerGroup>({
      groups: mine.forwarder,
      own: [],
      log: mine.deps.log,
      changed: (zone) => resolver.forget(zone),
    });
    const { request, query } = ownQuestion(name('www.example'), 1);
    const resolve = async (): Promise<string> => {
      const group = stubs.of(reversedLabels(query.name()))?.group ?? all;
      const ask = () => mine.forwarder.forward(request, query, undefined, group);
      return kindOf(await resolver.resolve(request, query, ask));
    };
    const { host, port } = inside.address;
    stubs.register(['local'], [{ labels: ['example', 'ns1'], host, port, priority: 0 }]);
    expect([await resolve(), await resolve()]).toEqual(['0', '0']);
    expect([inside.askings.length, outside.askings.length]).toEqual([1, 0]);
    expect(readMarks(inside.askings[0]!.bytes, query.questionEnd).stubbed).toBe(true);
    stubs.register(['local'], []);
    expect([await resolve(), await resolve()]).toEqual(['0', '0']);
    expect([inside.askings.length, outside.askings.length]).toEqual([1, 1]);
    expect(readMarks(outside.askings[0]!.bytes, query.questionEnd).stubbed).toBe(false);
  });
});
