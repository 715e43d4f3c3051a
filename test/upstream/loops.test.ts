// Servers that lead back to us: found by a probe of our own or by our mark, left out, and used again when it is over.
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import { Query } from '../../src/wire/query.ts';
import { header, opt, option, query, question, wire } from '../wire/packets.ts';
import { replyBytes } from './asked.ts';
import { A, type Rig, replies, replyTo, rig, server, silence, until } from './rig.ts';
import type { Asking, Script } from './scripted.ts';

const PROBE = /^[0-9a-f]{16}loopfingerpostinternal/;

function isProbe(asking: Asking): boolean {
  return PROBE.test(asking.question.toString('latin1').replace(/[^0-9a-z]/g, ''));
}

/** Reads a question as our own port would, and tells the forwarder if it is a probe. */
function arrives(mine: Rig, asking: Asking): boolean {
  const read = new Query();
  read.read(asking.bytes, asking.bytes.length);
  return mine.forwarder.isOwnProbe(read.name());
}

/** A server that sends us what it is asked. */
function leadsTo(mine: Rig): Script {
  return (asking) => {
    arrives(mine, asking);
    asking.send(replyTo(asking, { flags: 0x8185 }));
  };
}

function states(mine: Rig): string[] {
  return mine.forwarder.status().groups.flatMap(({ servers }) => servers.map(({ state }) => state));
}

describe('a server that leads back to us', () => {
  it('is found at the start and not asked', async () => {
    const mine = rig();
    const loop = await server(leadsTo(mine));
    const good = await server(replies());
    const group = mine.group(loop, good);
    mine.forwarder.start();
    await until(() => states(mine)[0] === 'loop', 'the loop to be found');
    await until(() => mine.count('upstreamReplies') === 2, 'the replies to the probes');
    expect(loop.askings.every(isProbe)).toBe(true);
    loop.askings.length = 0;
    for (let i = 0; i < 5; i++) await mine.reply(group, query());
    expect(loop.askings).toEqual([]);
    expect(mine.log).toEqual([
      {
        level: 'warn',
        fields: { upstream: `127.0.0.1:${loop.address.port}`, group: 'forward' },
        message: 'an upstream server leads back to this one: it is not asked until that ends',
      },
    ]);
  });

  it('and is the only one makes questions fail as a loop', async () => {
    const mine = rig();
    const loop = await server(leadsTo(mine));
    const group = mine.group(loop);
    mine.forwarder.start();
    await until(() => states(mine)[0] === 'loop', 'the loop to be found');
    expect(await mine.ask(group, query())).toEqual({ kind: 'loop' });
    expect(mine.count('upstreamLoops')).toBe(1);
  });

  it('is found while running, and asked again when it no longer does', async () => {
    const clock = new ManualClock(1_000_000);
    const mine = rig(clock);
    const up = await server(replies());
    const group = mine.group(up);
    mine.forwarder.start();
    await until(() => mine.count('upstreamReplies') === 1, 'the first probe');
    expect(states(mine)).toEqual(['up']);
    up.script = leadsTo(mine);
    clock.advance(60_000);
    await until(() => states(mine)[0] === 'loop', 'the loop to be found');
    await until(() => mine.count('upstreamReplies') === 2, 'the second probe');
    // A server that is silent may still be a loop.
    up.script = silence;
    clock.advance(15_000);
    await until(() => up.askings.length >= 3, 'the third probe');
    clock.advance(4_000);
    expect(states(mine)).toEqual(['loop']);
    up.script = replies({ flags: 0x8183 });
    clock.advance(11_000);
    await until(() => states(mine)[0] === 'up', 'the loop to be over');
    up.script = replies();
    expect(await mine.reply(group, query())).toEqual(replyBytes({ answers: [A] }));
    const said = mine.log.filter(({ message }) => message.includes('leads back'));
    expect(said.map(({ level }) => level)).toEqual(['warn', 'info']);
  });

  it('is found when the servers are replaced', async () => {
    const mine = rig();
    const good = await server(replies());
    const loop = await server(leadsTo(mine));
    const group = mine.group(good);
    mine.forwarder.start();
    await until(() => good.askings.length === 1, 'the first probe');
    group.replace([loop.address]);
    await until(() => states(mine)[0] === 'loop', 'the loop to be found');
  });

  it('for what lies outside a stub zone may have the stub zone', async () => {
    const mine = rig();
    const up = await server(replies());
    mine.forwarder.group({ name: 'stub example', stub: true }, [up.address]);
    const other = await server(replies());
    mine.group(other);
    mine.forwarder.start();
    await until(() => other.askings.length === 1, 'the probe of the other');
    expect(up.askings).toEqual([]);
  });
});

describe('a probe', () => {
  it('is another each time, and none of ours when it is over or made up', async () => {
    const clock = new ManualClock(1_000_000);
    const mine = rig(clock);
    const up = await server(silence);
    mine.group(up);
    mine.forwarder.start();
    await until(() => up.askings.length === 1, 'the probe');
    const [first] = up.askings;
    first!.send(replyTo(first!, { flags: 0x8183 }));
    await until(() => mine.count('upstreamReplies') === 1, 'its reply to be taken');
    await new Promise(setImmediate);
    expect(arrives(mine, first!)).toBe(false);
    clock.advance(60_000);
    await until(() => up.askings.length >= 2, 'the next probe');
    expect(up.askings[1]!.question).not.toEqual(first!.question);
    const read = new Query();
    for (const labels of [
      ['0123456789abcdef', 'loop', 'fingerpost', 'internal'],
      ['loop', 'fingerpost', 'internal'],
      ['0123456789abcdef', 'loop', 'fingerpost', 'example0'],
      ['www', 'example'],
      [],
    ]) {
      const packet = Uint8Array.from([...header(), ...question(wire(...labels))]);
      expect(read.read(packet, packet.length)).toBe(0);
      expect(mine.forwarder.isOwnProbe(read.name())).toBe(false);
    }
  });

  it('is not sent after close', async () => {
    const clock = new ManualClock(1_000_000);
    const mine = rig(clock);
    const up = await server(replies());
    mine.group(up);
    mine.forwarder.start();
    await until(() => mine.count('upstreamReplies') === 1, 'the probe');
    mine.forwarder.close();
    clock.advance(600_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(up.askings).toHaveLength(1);
  });
});

describe('a question with our mark', () => {
  it('is a loop: it is not asked, and the servers are probed', async () => {
    const clock = new ManualClock(1_000_000);
    const mine = rig(clock);
    const up = await server(replies());
    const group = mine.group(up);
    mine.forwarder.start();
    await until(() => up.askings.length === 1, 'the probe at the start');
    await mine.reply(group, query());
    const mark = up.askings[1]!.rest.subarray(11);
    const marked = query([opt({ options: [...mark] })]);
    expect(await mine.ask(group, marked)).toEqual({ kind: 'loop' });
    await until(() => up.askings.length === 3, 'a probe');
    expect(isProbe(up.askings[2]!)).toBe(true);
    // A hint is as good as a hundred.
    for (let i = 0; i < 100; i++) await mine.ask(group, marked);
    clock.advance(5000);
    await mine.ask(group, marked);
    await until(() => up.askings.length === 4, 'one more probe');
  });

  it('of another is asked, its mark before ours', async () => {
    const mine = rig();
    const up = await server(replies());
    const other = [9, 9, 9, 9, 9, 9, 9, 9];
    await mine.reply(mine.group(up), query([opt({ options: option(65012, other) })]));
    const path = [...up.askings[0]!.rest.subarray(15)];
    expect(path.slice(0, 8)).toEqual(other);
    expect(path).toHaveLength(16);
  });

  it('ends a circle of two that forward to each other', async () => {
    const [one, two] = [rig(), rig()];
    const between = await server(silence);
    const [ofOne, ofTwo] = [one.group(between), two.group(between)];
    // What one asks arrives at two, which asks it again: that arrives at one.
    let hops = 0;
    between.script = (asking) => {
      hops += 1;
      const read = new Query();
      read.read(asking.bytes, asking.bytes.length);
      const [next, group] = hops % 2 === 1 ? [two, ofTwo] : [one, ofOne];
      void next.forwarder.forward(asking.bytes, read, 'peer', group).then((upstreamed) => {
        asking.send(
          replyTo(asking, { flags: 0x8180 | (upstreamed.kind === 'reply' ? upstreamed.rcode : 2) }),
        );
      });
    };
    const reply = await one.reply(ofOne, query());
    expect(reply[3]! & 15).toBe(2);
    expect(hops).toBe(2);
  });
});
