// Several servers: who is asked, and what when one is slow, silent, gone, or does not know.
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import { header, pointer, query, question, record, wire } from '../wire/packets.ts';
import { replyBytes } from './asked.ts';
import { A, type Rig, replies, replyTo, rig, server, silence, until } from './rig.ts';
import type { Asking, Script, ScriptedServer } from './scripted.ts';

const ANSWER = replyBytes({ answers: [A] });
const OTHER = { answers: [record(pointer(12), 1, [192, 0, 2, 2])] };

let names = 0;
/** A question that was not asked before. */
function fresh(): Uint8Array {
  names += 1;
  return Uint8Array.from([...header(), ...question(wire(`n${names}`, 'example'))]);
}

/** Replies when the clock is moved by `ms`. */
function delayed(clock: ManualClock, ms: number): Script {
  return (asking) => {
    clock.advance(ms);
    asking.send(replyTo(asking));
  };
}

/**
 * A group of servers whose round trips were measured, one after the other, as so many milliseconds: the first choice is
 * known, and nobody is asked beside it for the next 10 s. From then on they reply at once.
 */
async function measured(
  mine: Rig,
  clock: ManualClock,
  ...servers: readonly (readonly [ScriptedServer, number])[]
) {
  for (const [one, ms] of servers) {
    one.script = delayed(clock, ms);
    await mine.reply(mine.group(one), fresh());
    one.script = replies();
    one.askings.length = 0;
  }
  return mine.group(...servers.map(([one]) => one));
}

/** The server's status as its number in the group that was made last. */
function statusOf(mine: Rig, number: number) {
  return mine.forwarder.status().groups.at(-1)!.servers[number]!;
}

describe('of two servers', () => {
  it('both are asked at first, then the faster one', async () => {
    const clock = new ManualClock(1_000_000);
    const near = await server(replies());
    const far = await server(silence);
    const mine = rig(clock);
    const group = mine.group(far, near);
    const first = mine.reply(group, query());
    await until(() => far.askings.length === 1 && near.askings.length === 1, 'both to be asked');
    expect(await first).toEqual(ANSWER);
    clock.advance(100);
    far.askings[0]!.send(replyTo(far.askings[0]!));
    far.script = replies();
    await until(() => mine.count('upstreamReplies') === 2, 'the slower reply');
    for (let i = 0; i < 5; i++) await mine.reply(group, fresh());
    expect(near.askings).toHaveLength(6);
    expect(far.askings).toHaveLength(1);
    expect(mine.forwarder.status().groups).toEqual([
      {
        name: 'forward',
        servers: [
          { address: `127.0.0.1:${far.address.port}`, state: 'up', roundTripMs: 100 },
          { address: `127.0.0.1:${near.address.port}`, state: 'up', roundTripMs: 0 },
        ],
      },
    ]);
  });

  it('the other takes over when the first has become slower, and is measured now and then', async () => {
    const clock = new ManualClock(1_000_000);
    const one = await server(silence);
    const two = await server(silence);
    const mine = rig(clock);
    const group = await measured(mine, clock, [one, 20], [two, 1]);
    two.script = delayed(clock, 190);
    await mine.reply(group, fresh());
    await mine.reply(group, fresh());
    expect([one, two].map(({ askings }) => askings.length)).toEqual([1, 1]);
    two.script = replies();
    for (let tries = 1; statusOf(mine, 1).roundTripMs! >= 20; tries++) {
      expect(tries).toBeLessThan(20);
      clock.advance(10_000);
      const asked = two.askings.length;
      const heard = mine.count('upstreamReplies');
      await mine.reply(group, fresh());
      await until(() => two.askings.length === asked + 1, 'the other to be asked too');
      await until(() => mine.count('upstreamReplies') === heard + 2, 'both replies');
    }
  });

  it('the second is asked when the first is silent, and then first', async () => {
    const clock = new ManualClock(1_000_000);
    const one = await server(silence);
    const two = await server(silence);
    const mine = rig(clock);
    const group = await measured(mine, clock, [one, 1], [two, 5]);
    one.script = silence;
    const answer = mine.reply(group, query());
    await until(() => one.askings.length === 1, 'the first to be asked');
    expect(two.askings).toHaveLength(0);
    clock.advance(200);
    expect(await answer).toEqual(ANSWER);
    expect([one, two].map(({ askings }) => askings.length)).toEqual([1, 1]);
    await mine.reply(group, fresh());
    expect([one, two].map(({ askings }) => askings.length)).toEqual([1, 2]);
    expect(mine.count('upstreamRetries')).toBe(1);
  });

  it('a late answer of the first is as good', async () => {
    const clock = new ManualClock(1_000_000);
    const one = await server(silence);
    const two = await server(silence);
    const mine = rig(clock);
    const group = await measured(mine, clock, [one, 1], [two, 5]);
    one.script = silence;
    two.script = silence;
    const answer = mine.reply(group, query());
    await until(() => one.askings.length === 1, 'the first to be asked');
    clock.advance(200);
    await until(() => two.askings.length === 1, 'the second to be asked');
    one.askings[0]!.send(replyTo(one.askings[0]!));
    expect(await answer).toEqual(ANSWER);
  });

  it('one that died is left alone but for a try now and then, and used again when it is back', async () => {
    const clock = new ManualClock(1_000_000);
    const one = await server(silence);
    const two = await server(silence);
    const mine = rig(clock);
    const group = await measured(mine, clock, [one, 1], [two, 5]);
    await one.close();
    // It is found to be gone, and the second asked at once.
    expect(await mine.reply(group, query())).toEqual(ANSWER);
    const state = () => statusOf(mine, 0).state;
    expect(state()).toBe('down');
    const sent = mine.count('upstreamQueriesUdp');
    for (let i = 0; i < 5; i++) await mine.reply(group, fresh());
    expect(mine.count('upstreamQueriesUdp')).toBe(sent + 5);

    const back = await server(replies(), '127.0.0.1', one.address.port);
    clock.advance(30_000);
    expect(await mine.reply(group, fresh())).toBeDefined();
    await until(() => state() === 'up', 'the server to be back');
    expect(back.askings.length).toBeGreaterThan(0);
    expect(mine.log.map(({ message }) => message)).toEqual([
      'an upstream server is down; it is tried again',
      'an upstream server answers again',
    ]);
  });

  it('both silent give a timeout when the time is up, each asked several times', async () => {
    const clock = new ManualClock(1_000_000);
    const one = await server(silence);
    const two = await server(silence);
    const mine = rig(clock);
    const answer = mine.ask(mine.group(one, two), query());
    let done = false;
    void answer.then(() => {
      done = true;
    });
    for (let ms = 0; ms < 4000; ms += 100) {
      expect(done).toBe(false);
      clock.advance(100);
      await new Promise(setImmediate);
    }
    expect(await answer).toEqual({ kind: 'timeout' });
    await until(() => one.askings.length >= 2 && two.askings.length >= 2, 'the questions');
    expect(one.askings.length + two.askings.length).toBeLessThan(12);
  });
});

describe('a server that does not know', () => {
  it.each([
    ['SERVFAIL', 0x8182],
    ['REFUSED', 0x8185],
    ['NOTIMP', 0x8184],
    ['FORMERR', 0x8181],
  ])('and answers %s: the next is asked', async (_what, flags) => {
    const one = await server(replies({ flags }));
    const two = await server(silence);
    const mine = rig();
    const answer = mine.reply(mine.group(one, two), query());
    await until(() => two.askings.length === 1, 'the second to be asked');
    two.askings[0]!.send(replyTo(two.askings[0]!));
    expect(await answer).toEqual(ANSWER);
  });

  it('gives its answer in the end where nobody knows, at once and with its reasons', async () => {
    const one = await server(replies({ flags: 0x8182 }));
    const two = await server(replies({ flags: 0x8185 }));
    const mine = rig();
    const reply = await mine.reply(mine.group(one, two), query());
    expect([2, 5]).toContain(reply[3]! & 15);
    expect(one.askings.length + two.askings.length).toBeLessThanOrEqual(4);
  });

  it('gives its answer where the other is silent', async () => {
    const clock = new ManualClock(1_000_000);
    const one = await server(replies({ flags: 0x8182 }));
    const two = await server(silence);
    const mine = rig(clock);
    const answer = mine.reply(mine.group(one, two), query());
    await until(() => two.askings.length > 0 && mine.count('upstreamReplies') > 0, 'both to be asked');
    clock.advance(4000);
    expect(await answer).toEqual(replyBytes({ flags: 0x8182 }));
  });

  it.each([
    ['NXDOMAIN', 0x8183],
    ['no records', 0x8180],
    ['YXDOMAIN', 0x8186],
  ])('is not one that answers %s', async (_what, flags) => {
    const one = await server(replies({ flags }));
    const two = await server(silence);
    const mine = rig();
    expect(await mine.reply(mine.group(one, two), query())).toEqual(replyBytes({ flags }));
  });
});

describe('the servers of a group', () => {
  it('can be replaced; those that stay keep what is known of them', async () => {
    const clock = new ManualClock(1_000_000);
    const one = await server(delayed(clock, 40));
    const two = await server(replies(OTHER));
    const mine = rig(clock);
    const group = mine.group(one);
    expect(await mine.reply(group, query())).toEqual(ANSWER);
    group.replace([two.address, one.address, one.address]);
    expect(mine.forwarder.status().groups[0]!.servers).toMatchObject([{ state: 'up' }, { roundTripMs: 40 }]);
    group.replace([two.address]);
    expect(await mine.reply(group, query())).toEqual(replyBytes(OTHER));
    group.replace([]);
    expect(await mine.ask(group, query())).toEqual({ kind: 'unreachable' });
  });

  it('may go while they are being asked', async () => {
    const clock = new ManualClock(1_000_000);
    const one = await server(silence);
    const mine = rig(clock);
    const group = mine.group(one);
    const answer = mine.ask(group, query());
    await until(() => one.askings.length === 1, 'the question');
    mine.forwarder.dissolve(group);
    expect(mine.forwarder.status().groups).toEqual([]);
    clock.advance(4000);
    expect(await answer).toEqual({ kind: 'timeout' });
  });
});

describe('many questions while servers fail', () => {
  it('are all answered, and nothing is left over', async () => {
    const clock = new ManualClock(1_000_000);
    const flaky: Script = (asking: Asking) => {
      const choice = asking.id % 4;
      if (choice === 0) asking.send(replyTo(asking, { flags: 0x8182 }));
      else if (choice === 1) asking.send(Buffer.from('garbage'));
      else if (choice === 2) asking.send(replyTo(asking, { flags: 0x8380 }));
      else asking.send(replyTo(asking));
    };
    const one = await server(flaky);
    const two = await server(replies());
    const mine = rig(clock);
    const group = mine.group(one, two);
    const answers = Promise.all(Array.from({ length: 200 }, () => mine.ask(group, fresh())));
    let done = false;
    void answers.then(() => {
      done = true;
    });
    while (!done) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      clock.advance(50);
    }
    const kinds = Map.groupBy(await answers, ({ kind }) => kind);
    expect(kinds.get('reply')!.length).toBeGreaterThan(150);
    expect(mine.forwarder.status().waiting).toBe(0);
  });
});
