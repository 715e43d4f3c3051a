// Replies that come later than their questions are answered, over the workers' sockets.
import { afterEach, expect, it } from 'vitest';
import type { Address, Listening } from '../../src/transport/deps.ts';
import { UdpPool } from '../../src/transport/udp-batch/pool.ts';
import { packet } from '../table/questions.ts';
import { World } from '../table/world.ts';
import { countingDeps, until, within } from './support.ts';
import { Client } from './udp-batch-support.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Answers nothing by itself; what was asked waits under the message's number. */
async function start(host = '127.0.0.1') {
  const { deps, count } = countingDeps();
  const open = new Map<number, { readonly client: string; readonly send: (reply: Uint8Array) => void }>();
  const { table } = new World().load({});
  const pool = new UdpPool(
    {
      table: table.memory,
      workers: 2,
      respond: (request, asker) => {
        open.set(Buffer.from(request).readUInt16BE(0), { client: asker.client.text(), send: asker.later() });
        return -2;
      },
    },
    deps,
  );
  const listening: Listening = await pool.open({ host, port: 0 });
  closing.push(() => listening.close({ graceMs: 0 }));
  const answer = (id: number, size = 20) => {
    const reply = Buffer.alloc(size, 0x2e);
    reply.writeUInt16BE(id, 0);
    open.get(id)?.send(reply);
    reply.fill(0);
  };
  return { open, answer, count, listening, at: { host: listening.address, port: listening.port } };
}

async function client(at: Address): Promise<Client> {
  const made = await Client.to(at);
  closing.push(() => made.close());
  return made;
}

/** A question of class CHAOS, which no worker answers. */
const QUESTION = packet({ name: 'a.z', class: 3 });

it.each(['127.0.0.1', '0.0.0.0', '::1', '::'])(
  'go to whoever asked, in any order, once, on %s',
  async (host) => {
    const { open, answer, at, count } = await start(host);
    const to = { ...at, host: { '0.0.0.0': '127.0.0.2', '::': '::1' }[host] ?? host };
    const clients = [await client(to), await client(to), await client(to)];
    // Numbers are each client's own, so they are told apart by how many each has used before.
    const ids = clients.map((each, i) => {
      for (let n = 0; n < i; n++) each.sendNumbered(Buffer.alloc(2));
      return each.sendNumbered(QUESTION);
    });
    await until(() => open.size === 3, 'all are asked');
    const from = host.includes(':') ? '::1' : '127.0.0.1';
    expect([...open.values()].every((one) => one.client === from)).toBe(true);
    for (const id of [3, 1, 2, 3]) answer(id);
    for (const [i, each] of clients.entries()) {
      const reply = await each.reply(ids[i]!);
      expect(reply).toHaveLength(20);
      expect(each.received).toHaveLength(1);
    }
    expect(count('dropped')).toBe(0);
  },
);

it('come to nothing where they are too long', async () => {
  const { open, answer, at, count } = await start();
  const a = await client(at);
  a.sendNumbered(QUESTION);
  await until(() => open.size === 1, 'it is asked');
  answer(1, 1233);
  expect(count('dropped')).toBe(1);
});

it('are waited for by closing, as long as its grace lasts', async () => {
  const { open, answer, at, listening } = await start();
  const a = await client(at);
  const id = a.sendNumbered(QUESTION);
  await until(() => open.size === 1, 'it is asked');
  const closed = listening.close({ graceMs: 30_000 });
  expect(await within(400, closed)).toBe(false);
  answer(id);
  await closed;
  expect(await a.reply(id)).toHaveLength(20);
});

it('after the end come to nothing, and never into a descriptor that is closed', async () => {
  const { open, answer, at, listening, count } = await start();
  const a = await client(at);
  const id = a.sendNumbered(QUESTION);
  await until(() => open.size === 1, 'it is asked');
  await listening.close({ graceMs: 20 });
  // The number of the descriptor is most likely another socket's by now.
  const others = await Promise.all(Array.from({ length: 4 }, () => client(at)));
  answer(id);
  expect(count('dropped')).toBe(1);
  expect([a, ...others].every(({ received }) => received.length === 0)).toBe(true);
});
