// What is asked outside for the sake of an answer of ours: the host of a service, a name as it may have been meant.
import { describe, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { recordsOf } from '../../src/query/foreign.ts';
import { Outside } from '../../src/query/outside.ts';
import type { Outcome } from '../../src/upstream/cache.ts';
import { Resolver } from '../../src/upstream/cache-resolver.ts';
import { UNMARKED } from '../../src/upstream/marks.ts';
import { Type } from '../../src/wire/codes.ts';
import { linesOfRecords } from '../support/zone-text.ts';
import { replies, rig, server } from '../upstream/rig.ts';
import { name } from '../wire/packets.ts';

async function scene() {
  const up = await server(replies());
  const mine = rig();
  const { counters } = mine.deps;
  const options = { lifetimes: { min: 0, max: 86_400 }, staleMax: 0 };
  const group = mine.group(up);
  const outside = new Outside(
    { clients: [], ndots: 1 },
    {
      forwarder: mine.forwarder,
      resolver: new Resolver(options, { cache: undefined, counters }),
      servers: () => group,
      stubOf: () => undefined,
      keep: () => {},
      clock: realClock,
    },
  );
  const ask = async (text: string, type: number): Promise<string[]> =>
    shown(await outside.ask(name(text), type, UNMARKED), text, type);
  return { up, ask };
}

function shown(outcome: Outcome, text: string, type: number): string[] {
  if (outcome.kind !== 'answer') return [outcome.kind];
  const records = recordsOf(outcome, name(text), type, realClock.now());
  return [`rcode ${outcome.reply.rcode}`, ...linesOfRecords(records)];
}

describe('a question of our own', () => {
  it('is asked outside', async () => {
    const { up, ask } = await scene();
    expect(await ask('www.example', Type.A)).toEqual(['rcode 0', 'www.example. 30 A 192.0.2.1']);
    expect(up.askings).toHaveLength(1);
  });

  it('about a name that never leaves, or that is too short, does not leave', async () => {
    const { up, ask } = await scene();
    expect(await ask('localhost', Type.A)).toEqual(['rcode 0', 'localhost. 10800 A 127.0.0.1']);
    expect(await ask('localhost', Type.AAAA)).toEqual(['rcode 0', 'localhost. 10800 AAAA ::1']);
    expect(await ask('1.0.0.10.in-addr.arpa', Type.PTR)).toEqual(['rcode 3']);
    expect(await ask('db', Type.A)).toEqual(['rcode 3']);
    expect(up.askings).toEqual([]);
  });
});
