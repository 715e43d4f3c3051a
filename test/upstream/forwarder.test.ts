// One question and one server: what goes out, and what is believed of what comes back.
import { describe, expect, it } from 'vitest';
import { ManualClock, realClock } from '../../src/base/clock.ts';
import { header, opt, option, pointer, query, question, record, u16, wire } from '../wire/packets.ts';
import { asked, replyBytes } from './asked.ts';
import { A, bare, replies, replyTo, rig, server, silence, until } from './rig.ts';

function queryFor(...labels: string[]): Uint8Array {
  return Uint8Array.from([...header(), ...question(wire(...labels))]);
}

const TRUNCATED = { flags: 0x8380 };

describe('a question', () => {
  it('is asked, and its reply relayed', async () => {
    const up = await server(replies({ flags: 0x8580, answers: [A], additional: [opt()] }));
    const mine = rig();
    expect(await mine.reply(mine.group(up), query())).toEqual(replyBytes({ answers: [A] }));
    expect(up.askings).toHaveLength(1);
    expect(mine.count('upstreamQueriesUdp')).toBe(1);
    expect(mine.count('upstreamReplies')).toBe(1);
  });

  it('over IPv6 is asked as well', async () => {
    const up = await server(replies(), '::1');
    const mine = rig();
    expect(await mine.reply(mine.group(up), query())).toEqual(replyBytes({ answers: [A] }));
  });

  it('goes out with our EDNS and marks, and nothing of the client but DO and CD', async () => {
    const up = await server(replies());
    const mine = rig();
    const cookie = option(10, [1, 2, 3, 4, 5, 6, 7, 8]);
    await mine.reply(mine.group(up), query([opt({ flags: 0x8000, options: cookie })], { flags: 0x0110 }));
    const [asking] = up.askings;
    expect([...asking!.bytes.subarray(2, 4)]).toEqual([0x01, 0x30]);
    const head = opt({ flags: 0x8000, options: [...u16(65012), ...u16(8), ...new Array(8).fill(0)] });
    expect([...asking!.rest.subarray(0, head.length - 8)]).toEqual(head.slice(0, -8));
    expect(asking!.rest).toHaveLength(head.length);
  });

  it('of a stub zone says so', async () => {
    const up = await server(replies());
    const mine = rig();
    const stub = mine.forwarder.group({ name: 'stub example', stub: true }, [up.address]);
    await mine.ask(stub, query());
    expect([...up.askings[0]!.rest.subarray(11, 16)]).toEqual([...u16(65011), ...u16(1), 1]);
  });

  it('has an id and a port that differ from question to question', async () => {
    const up = await server(replies());
    const mine = rig();
    const group = mine.group(up);
    for (let i = 0; i < 60; i++) await mine.reply(group, queryFor(`n${i}`));
    const different = (of: (asking: { id: number; port: number }) => number) =>
      new Set(up.askings.map(of)).size;
    expect(different(({ id }) => id)).toBeGreaterThan(55);
    expect(different(({ port }) => port)).toBeGreaterThan(30);
  });

  it('reuses no port more often than it may, whatever the load', async () => {
    const up = await server(replies());
    const mine = rig();
    const group = mine.group(up);
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 80 }, (_, i) => mine.reply(group, queryFor(`n${round}-${i}`))));
    }
    const uses = Map.groupBy(up.askings, ({ port }) => port);
    // A port that was closed may be given again by the system.
    const often = [...uses.values()].filter(({ length }) => length > 16);
    expect(often.length).toBeLessThan(5);
    expect(uses.size).toBeGreaterThan(80);
    expect(uses.size).toBeLessThan(1600);
  });
});

describe('a reply that answers nothing that was asked', () => {
  it.each([
    ['another id', (id: number) => ({ id: id ^ 1 })],
    ['another name', () => ({ question: question(wire('wwx', 'example')) })],
    ['another type', () => ({ question: question(wire('www', 'example'), 28) })],
    ['QR clear', () => ({ flags: 0x0180 })],
  ])('because of %s is passed over', async (_what, wrong) => {
    const up = await server((asking) => {
      asking.send(replyTo(asking, { answers: [record(pointer(12), 1, [6, 6, 6, 6])], ...wrong(asking.id) }));
      asking.send(Buffer.alloc(0));
      asking.send(Buffer.from('garbage'));
      asking.send(replyTo(asking));
    });
    const mine = rig();
    expect(await mine.reply(mine.group(up), query())).toEqual(replyBytes({ answers: [A] }));
    expect(mine.count('upstreamMismatches')).toBe(3);
    expect(up.askings).toHaveLength(1);
  });

  it('leads to TCP where there are too many', async () => {
    const up = await server((asking) => {
      if (asking.transport === 'tcp') asking.send(replyTo(asking));
      else for (let i = 1; i <= 200; i++) asking.send(replyTo(asking, { id: asking.id ^ i }));
    });
    const mine = rig();
    expect(await mine.reply(mine.group(up), query())).toEqual(replyBytes({ answers: [A] }));
    expect(mine.count('upstreamMismatches')).toBe(100);
    expect(up.over('udp')).toHaveLength(1);
    expect(up.over('tcp')).toHaveLength(1);
  });

  it('but for the case of its letters leads to TCP, where case is no secret', async () => {
    const up = await server((asking) => {
      asking.send(replyTo(asking, { question: question(wire('www', 'example')), answers: [A] }));
    });
    const mine = rig();
    const mixed = Uint8Array.from([...header(), ...question(wire('wWw', 'EXample'))]);
    expect(await mine.reply(mine.group(up), mixed)).toEqual(
      replyBytes({ question: question(wire('wWw', 'EXample')), answers: [A] }),
    );
    expect(up.over('tcp')).toHaveLength(1);
  });

  it('from another port is not even received', async () => {
    const other = await server(silence);
    const up = await server(() => {});
    up.script = (asking) => {
      // The right id and question, from the wrong socket.
      other.sendTo(asking.port, replyTo(asking, { answers: [record(pointer(12), 1, [6, 6, 6, 6])] }));
      asking.send(replyTo(asking));
    };
    const mine = rig();
    expect(await mine.reply(mine.group(up), query())).toEqual(replyBytes({ answers: [A] }));
    expect(mine.count('upstreamMismatches')).toBe(0);
  });
});

describe('a server without EDNS', () => {
  const old = (flags: number, isBare: boolean) =>
    server((asking) => {
      if (asking.rest.length === 0) asking.send(replyTo(asking));
      else asking.send(isBare ? bare(asking, flags) : replyTo(asking, { flags }));
    });

  it.each([
    ['FORMERR', 0x8181, false],
    ['FORMERR and no question', 0x8181, true],
    ['NOTIMP', 0x8184, false],
  ])('that answers %s is asked without, and remembered', async (_what, flags, isBare) => {
    const up = await old(flags, isBare);
    const clock = new ManualClock();
    const mine = rig(clock);
    const group = mine.group(up);
    expect(await mine.reply(group, query([opt()]))).toEqual(
      replyBytes({ answers: [A], additional: [opt()] }),
    );
    expect(up.askings).toHaveLength(2);
    await mine.reply(group, query());
    expect(up.askings).toHaveLength(3);
    clock.advance(16 * 60_000);
    await mine.reply(group, query());
    expect(up.askings).toHaveLength(5);
  });

  it('is not taken for one where it answers the same without', async () => {
    const up = await server(replies({ flags: 0x8181 }));
    const mine = rig();
    const group = mine.group(up);
    expect(await mine.reply(group, query())).toEqual(replyBytes({ flags: 0x8181 }));
    await mine.reply(group, query());
    expect(up.askings.map(({ rest }) => rest.length > 0)).toEqual([true, false, true, false]);
  });
});

describe('a reply that is cut', () => {
  it('is asked for over TCP, on one connection for all', async () => {
    const up = await server((asking) => {
      asking.send(replyTo(asking, asking.transport === 'udp' ? TRUNCATED : { answers: [A, A] }));
    });
    const mine = rig();
    const group = mine.group(up);
    const names = Array.from({ length: 20 }, (_, i) => `n${i}`);
    const all = await Promise.all(names.map((name) => mine.reply(group, queryFor(name))));
    for (const [i, reply] of all.entries()) {
      const wanted = { question: question(wire(`n${i}`)), answers: [A, A] };
      expect(reply).toEqual(replyBytes(wanted));
    }
    await mine.reply(group, query());
    expect(up.connected).toBe(1);
    expect(mine.count('upstreamQueriesTcp')).toBe(21);
  });

  it('in the middle of a record is asked for over TCP', async () => {
    const up = await server((asking) => {
      if (asking.transport === 'tcp') asking.send(replyTo(asking));
      else asking.send(replyTo(asking, { ...TRUNCATED, answers: [A] }).subarray(0, -3));
    });
    const mine = rig();
    expect(await mine.reply(mine.group(up), query())).toEqual(replyBytes({ answers: [A] }));
  });

  it('is relayed where there is no TCP', async () => {
    const up = await server((asking) => {
      if (asking.transport === 'udp') asking.send(replyTo(asking, { ...TRUNCATED, answers: [A] }));
      else asking.hangUp();
    });
    const mine = rig();
    expect(await mine.reply(mine.group(up), query())).toEqual(replyBytes({ ...TRUNCATED, answers: [A] }));
  });
});

describe('what comes', () => {
  it('of 64 KiB over TCP is relayed whole', async () => {
    const big = record(pointer(12), 65280, new Array(16_000).fill(7));
    const answers = [big, big, big, big];
    const up = await server((asking) => {
      asking.send(replyTo(asking, asking.transport === 'udp' ? TRUNCATED : { answers, additional: [opt()] }));
    });
    const mine = rig();
    const reply = await mine.reply(mine.group(up), query());
    expect(reply).toEqual(replyBytes({ answers }));
    expect(reply.length).toBeGreaterThan(64_000);
  });

  it.each([
    [
      'a circle of CNAMEs',
      [record(pointer(12), 5, wire('a', 'example')), record(wire('a', 'example'), 5, wire('www', 'example'))],
    ],
    ['a TTL of 2^31', [record(pointer(12), 1, [192, 0, 2, 1], 0x80000000)]],
    ['a TTL of 2^32 - 1', [record(pointer(12), 1, [192, 0, 2, 1], 0xffffffff)]],
    ['RDATA that is none', [record(pointer(12), 1, [1])]],
    ['a name that points at itself', [record(pointer(12), 5, pointer(41))]],
    ['types nobody knows', [record(pointer(12), 65279, [1, 2, 3])]],
  ])('with %s is relayed as it is', async (_what, answers) => {
    const up = await server(replies({ answers }));
    const mine = rig();
    expect(await mine.reply(mine.group(up), query())).toEqual(replyBytes({ answers }));
  });

  it('as an answer but is no whole message is no answer', async () => {
    const up = await server((asking) => asking.send(replyTo(asking, { answers: [A] }).subarray(0, -1)));
    const mine = rig(realClock);
    expect(await mine.ask(mine.group(up), query())).toEqual({ kind: 'unreachable' });
    expect(mine.count('upstreamUnreachable')).toBe(1);
  });
});

describe('no answer', () => {
  it('in time is a timeout, and a late reply does no harm', async () => {
    const clock = new ManualClock();
    const up = await server(silence);
    const mine = rig(clock);
    const answer = mine.ask(mine.group(up), query());
    await until(() => up.askings.length === 1, 'the first question');
    for (let wanted = 2; wanted <= 4; wanted++) {
      clock.advance(1000);
      await until(() => up.askings.length >= wanted, 'the question again');
    }
    clock.advance(1000);
    expect(await answer).toEqual({ kind: 'timeout' });
    expect(mine.count('upstreamTimeouts')).toBe(1);
    // All of it from one socket, with one id.
    expect(new Set(up.askings.map(({ port, id }) => `${port} ${id}`)).size).toBe(1);
    for (const asking of up.askings) asking.send(replyTo(asking));
    up.script = replies();
    expect(await mine.reply(mine.group(up), query())).toEqual(replyBytes({ answers: [A] }));
  });

  it('where nobody listens is known at once, after a second attempt', async () => {
    const gone = await server(silence);
    await gone.close();
    const mine = rig(realClock);
    expect(await mine.ask(mine.group(gone), query())).toEqual({ kind: 'unreachable' });
    expect(mine.count('upstreamQueriesUdp')).toBeGreaterThanOrEqual(2);
    expect(mine.log.map(({ message }) => message)).toEqual(['an upstream server is down; it is tried again']);
  });

  it('where there is no way is known at once', async () => {
    const mine = rig(realClock);
    const group = mine.group({ address: { host: 'fe80::1%no-such-interface', port: 53 } });
    expect(await mine.ask(group, query())).toEqual({ kind: 'unreachable' });
  });

  it('where there is no server is known at once', async () => {
    const mine = rig();
    expect(await mine.ask(mine.group(), query())).toEqual({ kind: 'unreachable' });
  });

  it('after close', async () => {
    const up = await server(silence);
    const mine = rig();
    const group = mine.group(up);
    const waiting = mine.ask(group, query());
    mine.forwarder.close();
    expect(await waiting).toEqual({ kind: 'unreachable' });
    expect(await mine.ask(group, query())).toEqual({ kind: 'unreachable' });
    mine.forwarder.close();
  });
});

describe('questions that are the same', () => {
  it('are asked once, and each gets its own id and case', async () => {
    const up = await server(silence);
    const mine = rig();
    const group = mine.group(up);
    const requests = Array.from({ length: 10 }, (_, i) =>
      Uint8Array.from([
        ...header({ id: i, flags: i % 2 === 0 ? 0x0100 : 0 }),
        ...question(wire(i % 3 === 0 ? 'WWW' : 'www', 'example')),
      ]),
    );
    const replies = requests.map((request) => mine.reply(group, request));
    await until(() => up.askings.length > 0, 'the question');
    up.askings[0]!.send(replyTo(up.askings[0]!));
    for (const [i, reply] of (await Promise.all(replies)).entries()) {
      expect(reply.subarray(0, 2)).toEqual(Uint8Array.of(0, i));
      expect(reply.subarray(12, 29)).toEqual(requests[i]!.subarray(12));
    }
    expect(up.askings).toHaveLength(1);
    expect(mine.count('upstreamMerged')).toBe(9);
    expect(mine.forwarder.status().waiting).toBe(0);
  });

  it('in another group are asked there', async () => {
    const one = await server(replies());
    const other = await server(replies({ flags: 0x8183 }));
    const mine = rig();
    const [a, b] = await Promise.all([
      mine.reply(mine.group(one), query()),
      mine.reply(mine.group(other), query()),
    ]);
    expect(a).toEqual(replyBytes({ answers: [A] }));
    expect(b).toEqual(replyBytes({ flags: 0x8183 }));
  });
});

describe('too many questions', () => {
  it('of one client are refused, those of others not', async () => {
    const up = await server(silence);
    const mine = rig(undefined, { maxPerClient: 3 });
    const group = mine.group(up);
    // Waiting for what another asked counts as well.
    const waiting = [0, 1, 1].map((i) => mine.ask(group, queryFor(`n${i}`), 'one'));
    expect(await mine.ask(group, queryFor('n3'), 'one')).toEqual({ kind: 'overload' });
    const other = mine.ask(group, queryFor('n3'), 'other');
    await until(() => up.askings.length === 3, 'the questions');
    for (const asking of up.askings) asking.send(replyTo(asking));
    await Promise.all([...waiting, other]);
    up.script = replies();
    expect(await mine.ask(group, queryFor('n4'), 'one')).toMatchObject({ kind: 'reply' });
    expect(mine.count('upstreamOverloads')).toBe(1);
  });

  it('in all are refused', async () => {
    const up = await server(silence);
    const mine = rig(undefined, { max: 3 });
    const group = mine.group(up);
    const waiting = [0, 1, 2].map((i) => mine.ask(group, queryFor(`n${i}`), `client ${i}`));
    expect(await mine.ask(group, queryFor('n3'), 'client 3')).toEqual({ kind: 'overload' });
    expect(mine.forwarder.status().waiting).toBe(3);
    mine.forwarder.close();
    await Promise.all(waiting);
    expect(mine.forwarder.status().waiting).toBe(0);
  });
});

describe('the buffers of a question', () => {
  it('may be used again at once', async () => {
    const up = await server(replies());
    const mine = rig();
    const request = query();
    const { query: read } = asked(request);
    const answer = mine.forwarder.forward(request, read, undefined, mine.group(up));
    request.fill(0);
    read.read(queryFor('other'), 12 + 7 + 4);
    expect(await answer).toMatchObject({ kind: 'reply' });
    expect(up.askings[0]!.question).toEqual(Buffer.from(query().subarray(12)));
  });
});
