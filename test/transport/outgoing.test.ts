// UDP sockets towards other servers through system calls: as the portable ones, and their thread is no burden.
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { chooseOutgoing, portable } from '../../src/transport/outgoing.ts';
import { OutgoingSockets } from '../../src/transport/udp-batch/outgoing.ts';
import { replyBytes } from '../upstream/asked.ts';
import { A, replies, rig, server } from '../upstream/rig.ts';
import { udpContract } from '../upstream/udp-contract.ts';
import { query } from '../wire/packets.ts';
import { until } from './support.ts';

const made: OutgoingSockets[] = [];

function outgoing(log = silent): OutgoingSockets {
  const one = new OutgoingSockets({ clock: realClock, log });
  made.push(one);
  return one;
}

afterEach(async () => {
  vi.unstubAllGlobals();
  for (const one of made.splice(0)) await one.close();
});

describe('with one thread that waits for all', () => {
  let shared: OutgoingSockets | undefined;

  afterEach(() => {
    shared = undefined;
  });

  udpContract('of system calls', () => {
    shared ??= outgoing();
    return shared.open;
  });
});

/** A question and its reply over these sockets. */
async function isAnswered(sockets: OutgoingSockets): Promise<void> {
  const up = await server(replies());
  const mine = rig(undefined, undefined, sockets.open);
  expect(await mine.reply(mine.group(up), query())).toEqual(replyBytes({ answers: [A] }));
}

describe('the thread that waits', () => {
  it('is there from the first socket on, and ends when all is closed', async () => {
    const sockets = new OutgoingSockets({ clock: realClock, log: silent });
    expect(sockets.thread).toBeUndefined();
    await isAnswered(sockets);
    const { thread } = sockets;
    expect(thread?.threadId).toBeGreaterThan(0);
    await sockets.close();
    expect(thread?.threadId).toBe(-1);
  });

  it('where nothing was asked is not there to be ended', async () => {
    await new OutgoingSockets({ clock: realClock, log: silent }).close();
  });

  it('costs next to nothing while nothing comes', async () => {
    const sockets = outgoing();
    await isAnswered(sockets);
    const used = async () => {
      const before = process.cpuUsage();
      await delay(1000);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    // A thread that went round and round would always take as much as the machine has for it; what else this process
    // does (it compiles, it collects garbage) passes.
    await expect.poll(used, { timeout: 30_000 }).toBeLessThan(200);
  });

  it('is replaced when it dies', async () => {
    const said: string[] = [];
    const error = (_: unknown, message: string) => void said.push(message);
    const sockets = outgoing({ ...silent, error });
    await isAnswered(sockets);
    const first = sockets.thread;
    await first?.terminate();
    await until(() => sockets.thread !== first, 'another one is there');
    await isAnswered(sockets);
    expect(said).toEqual(['the thread that waits for other servers ended and is replaced']);
  });
});

describe('other servers are asked', () => {
  const deps = { clock: realClock, log: silent };

  it('through system calls where the system has them', async () => {
    const chosen = await chooseOutgoing(deps);
    expect(chosen).toBeInstanceOf(OutgoingSockets);
    await chosen.close();
  });

  it.each([
    ['darwin', 'x64'],
    ['linux', 's390x'],
  ])('the portable way on %s, %s', async (platform, arch) => {
    const stub = { platform: { value: platform }, arch: { value: arch } };
    vi.stubGlobal('process', Object.create(process, stub));
    expect(await chooseOutgoing(deps)).toBe(portable);
  });
});
