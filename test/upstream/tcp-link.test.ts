// The TCP connection to one server: shared, asked out of order, renewed when it ends.
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import { RandomWords } from '../../src/upstream/random.ts';
import { TcpLink } from '../../src/upstream/tcp-link.ts';
import { query } from '../wire/packets.ts';
import { replyTo, rig, server, silence, until } from './rig.ts';
import type { Script, ScriptedServer } from './scripted.ts';

interface Outcome {
  received?: Uint8Array;
  broken?: string;
}

const ECHO: Script = (asking) => asking.send(replyTo(asking, {}));

describe('the link', () => {
  function linkTo(up: ScriptedServer, clock = new ManualClock(1_000_000)) {
    const link = new TcpLink(up.address, new RandomWords(), { ...rig(clock).deps });
    const ask = (): Outcome & { takeBack: () => void } => {
      const outcome: Outcome & { takeBack: () => void } = { takeBack: () => {} };
      outcome.takeBack = link.ask(query(), {
        received: (message) => {
          outcome.received = new Uint8Array(message);
        },
        broken: (reason) => {
          outcome.broken = reason;
        },
      });
      return outcome;
    };
    return { link, ask, clock };
  }

  it('carries many questions at a time, whose replies come in any order', async () => {
    const up = await server(silence);
    const { link, ask } = linkTo(up);
    const outcomes = Array.from({ length: 50 }, ask);
    await until(() => up.askings.length === 50, 'the questions');
    expect(new Set(up.askings.map(({ id }) => id)).size).toBe(50);
    for (const asking of up.askings.toReversed()) asking.send(replyTo(asking, {}));
    await until(() => outcomes.every(({ received }) => received !== undefined), 'the replies');
    expect(up.connected).toBe(1);
    link.close();
  });

  it('passes over what was not asked', async () => {
    const up = await server((asking) => {
      asking.send(Buffer.alloc(0));
      asking.send(Buffer.of(1));
      asking.send(replyTo(asking, { id: asking.id ^ 1 }));
      asking.send(replyTo(asking, {}));
    });
    const { link, ask } = linkTo(up);
    const outcome = ask();
    await until(() => outcome.received !== undefined, 'the reply');
    expect(outcome.received!.subarray(0, 2)).toEqual(Uint8Array.from(up.askings[0]!.bytes.subarray(0, 2)));
    link.close();
  });

  it('leaves a server that sends ever more that was not asked', async () => {
    const up = await server((asking) => {
      for (let i = 0; i <= 1000; i++) asking.send(Buffer.of(0));
    });
    const { link, ask } = linkTo(up);
    const outcome = ask();
    await until(() => outcome.broken !== undefined, 'the end');
    expect(up.connected).toBe(2);
    link.close();
  });

  it('asks again over a new connection what was pending when the server hung up, once', async () => {
    const up = await server((asking) => asking.hangUp());
    const { link, ask } = linkTo(up);
    const outcome = ask();
    await until(() => outcome.broken !== undefined, 'the end');
    expect(up.askings).toHaveLength(2);
    up.script = ECHO;
    const other = ask();
    await until(() => other.received !== undefined, 'the reply');
    // The server closes while nothing is pending.
    for (const socket of up.connections) socket.destroy();
    await until(() => up.connections.size === 0, 'the end of the connection');
    const third = ask();
    await until(() => third.received !== undefined, 'another reply');
    link.close();
  });

  it('does not insist where nobody listens', async () => {
    const up = await server(silence);
    await up.close();
    const { ask } = linkTo(up);
    const outcome = ask();
    await until(() => outcome.broken !== undefined, 'the end');
    expect(outcome.broken).toBe('ECONNREFUSED');
  });

  it('ends when it was idle for 10 s', async () => {
    const up = await server(ECHO);
    const { ask, clock } = linkTo(up);
    const first = ask();
    await until(() => first.received !== undefined, 'the reply');
    clock.advance(9_000);
    const second = ask();
    await until(() => second.received !== undefined, 'the second reply');
    clock.advance(9_999);
    expect(up.connections.size).toBe(1);
    clock.advance(1);
    await until(() => up.connections.size === 0, 'the end of the connection');
    expect(up.connected).toBe(1);
  });

  it('is given up when it brought nothing since a question that was taken back', async () => {
    const up = await server(silence);
    const { link, ask, clock } = linkTo(up);
    const outcome = ask();
    await until(() => up.askings.length === 1, 'the question');
    clock.advance(2000);
    outcome.takeBack();
    await until(() => up.connections.size === 0, 'the end of the connection');
    up.script = ECHO;
    const next = ask();
    await until(() => next.received !== undefined, 'the reply');
    expect(up.connected).toBe(2);
    expect(outcome).toMatchObject({ takeBack: expect.any(Function) });
    expect(outcome.broken ?? outcome.received).toBeUndefined();
    link.close();
  });

  it('is kept when it brought something else', async () => {
    const up = await server(silence);
    const { link, ask, clock } = linkTo(up);
    const slow = ask();
    clock.advance(1);
    up.script = ECHO;
    const quick = ask();
    await until(() => quick.received !== undefined, 'the reply');
    slow.takeBack();
    const next = ask();
    await until(() => next.received !== undefined, 'the next reply');
    expect(up.connected).toBe(1);
    link.close();
  });

  it('says nothing after it was closed', async () => {
    const up = await server(silence);
    const { link, ask } = linkTo(up);
    const outcome = ask();
    await until(() => up.askings.length === 1, 'the question');
    link.close();
    await until(() => up.connections.size === 0, 'the end of the connection');
    expect(outcome.broken ?? outcome.received).toBeUndefined();
  });
});
