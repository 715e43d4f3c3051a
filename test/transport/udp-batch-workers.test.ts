// Workers that die, addresses that close, ports that cannot be had: what a pool owes those who run it.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FingerpostError } from '../../src/base/errors.ts';
import { Control, IDLE } from '../../src/table/layout.ts';
import { UdpPool } from '../../src/transport/udp-batch/pool.ts';
import { layOut } from '../../src/wire/compiled.ts';
import { Query } from '../../src/wire/query.ts';
import { type Ask, packet } from '../table/questions.ts';
import { World } from '../table/world.ts';
import { countingDeps, until } from './support.ts';
import { addressesIn, Rig, rcode, type Shape } from './udp-batch-support.ts';

const open: Rig[] = [];

/** Puts an answer in the table that cannot be rendered: its second record begins far behind its end. */
function poison(world: World, ask: Ask): void {
  const bytes = packet(ask);
  const query = new Query();
  query.read(bytes, bytes.length);
  const counts = { answers: 2, authority: 0, additional: 0, alternatives: 0, rotateFrom: 0, rotateCount: 2 };
  const parts = { rcode: 0, authoritative: true, serialAt: -1, zone: 0, offsets: [0, 60_000] } as const;
  world.table.keep(query, layOut({ ...parts, ...counts, body: new Uint8Array(100) }), []);
}

async function start(shape: Shape = {}) {
  const started = await Rig.open(shape);
  open.push(started.rig);
  return started;
}

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(open.splice(0).map((rig) => rig.close()));
});

const WEB: Ask = { name: 'web.z' };
const BOTH = ['10.0.0.1', '10.0.0.2'];

describe('a worker that ends', () => {
  it('is replaced, counted, told of, and its clients are answered again', async () => {
    const { rig, at } = await start();
    const client = await rig.client(at);
    for (let death = 1; death <= 3; death++) {
      expect(addressesIn(await client.ask(packet(WEB), 20), WEB)).toEqual(BOTH);
      const [thread] = rig.pool.threads;
      await thread!.terminate();
      expect(rig.pool.replaced).toBe(death);
      await until(() => rig.pool.alive === 1, 'another one is there');
      expect(rig.pool.threads[0]).not.toBe(thread);
    }
    expect(addressesIn(await client.ask(packet(WEB), 20), WEB)).toEqual(BOTH);
    expect(rig.logged).toEqual(Array.from({ length: 3 }, () => 'a UDP worker ended and is replaced'));
  });

  it('loses no question that came in while nobody was there', async () => {
    const { rig, at } = await start();
    const client = await rig.client(at);
    await client.ask(packet(WEB));
    await rig.pool.threads[0]!.terminate();
    const ids = Array.from({ length: 50 }, () => client.sendNumbered(packet(WEB)));
    for (const id of ids) expect(rcode(await client.reply(id))).toBe(0);
  });

  it('does not disturb the others', async () => {
    const { rig, at } = await start({ workers: 2 });
    const clients = await Promise.all(Array.from({ length: 16 }, () => rig.client(at)));
    await rig.pool.threads[0]!.terminate();
    const replies = await Promise.all(clients.map((client) => client.ask(packet(WEB), 20)));
    expect(replies.map((reply) => addressesIn(reply, WEB))).toEqual(clients.map(() => BOTH));
  });

  it('by an error is replaced like any other', async () => {
    const { rig, at } = await start();
    const client = await rig.client(at);
    poison(rig.world, { name: 'bad.z' });
    await until(() => {
      client.sendNumbered(packet({ name: 'bad.z' }));
      return rig.pool.replaced > 0;
    }, 'the worker has stumbled');
    rig.world.table.clear();
    expect(addressesIn(await client.ask(packet(WEB), 20), WEB)).toEqual(BOTH);
    expect(rig.logged).toContain('a UDP worker failed');
  });

  it('in the midst of reading holds no memory back', async () => {
    const { rig } = await start();
    const control = new Int32Array(rig.world.table.memory.control);
    const word = Control.READERS + Control.READER_STRIDE;
    // Nothing comes in, so this stays as it is until the thread ends.
    Atomics.store(control, word, 1);
    await rig.pool.threads[0]!.terminate();
    expect(Atomics.load(control, word)).toBe(IDLE);
  });
});

describe('an address that closes', () => {
  it('frees its port, soon, and may be closed twice', async () => {
    const { rig, at } = await start({ workers: 2 });
    expect(addressesIn(await rig.ask(at, WEB), WEB)).toEqual(BOTH);
    const before = performance.now();
    await rig.close();
    await rig.close();
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(rig.pool.alive).toBe(0);
    expect(rig.pool.replaced).toBe(0);
    const socket = createSocket('udp4');
    socket.bind(at.port, at.host);
    await once(socket, 'listening');
    socket.close();
  });

  it('leaves the other addresses of the pool alone', async () => {
    const rig = new Rig();
    open.push(rig);
    const other = await rig.pool.open({ host: '127.0.0.1', port: 0 });
    const at = await rig.listen('127.0.0.1');
    await Promise.all([other.close(), other.close()]);
    expect(addressesIn(await rig.ask(at, WEB), WEB)).toEqual(BOTH);
    expect(rcode(await rig.ask(at, { name: 'text.z', type: 16 }))).toBe(0);
    const again = await rig.listen('127.0.0.1', other.port);
    expect(addressesIn(await rig.ask(again, WEB), WEB)).toEqual(BOTH);
    expect(rig.pool.replaced).toBe(0);
  });

  it('leaves no reader of the table behind, however often', async () => {
    const rig = new Rig({ workers: 3 });
    open.push(rig);
    for (let round = 0; round < 2; round++) {
      const at = await rig.listen('127.0.0.1');
      await rig.ask(at, WEB);
      await rig.close();
    }
    const control = new Int32Array(rig.world.table.memory.control);
    const noted = Array.from({ length: 8 }, (_, reader) => {
      return Atomics.load(control, Control.READERS + reader * Control.READER_STRIDE);
    });
    expect(noted).toEqual(noted.map(() => IDLE));
    expect(rig.pool.tallies).toHaveLength(6);
  });

  it('answers the misses that its workers left', async () => {
    const { rig, at } = await start();
    const client = await rig.client(at);
    await client.ask(packet(WEB));
    const ids = Array.from({ length: 40 }, (_, i) =>
      client.sendNumbered(packet({ name: `no${i}.any.z`, type: 16 })),
    );
    // The main thread has no turn before the worker has taken them all.
    const busy = performance.now() + 10_000;
    while (rig.sum(({ misses }) => misses) < 41 && performance.now() < busy);
    expect(rig.sum(({ misses }) => misses)).toBe(41);
    await rig.stop();
    const replies = await Promise.all(ids.map((id) => client.reply(id)));
    expect(replies.every((reply) => reply !== undefined)).toBe(true);
  });

  it('does not wait for a worker that is being replaced', async () => {
    const { rig, at } = await start();
    await rig.pool.threads[0]!.terminate();
    await rig.close();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(rig.pool.alive).toBe(0);
    expect(await rig.listen('127.0.0.1', at.port)).toEqual(at);
  });
});

describe('an address that cannot be opened', () => {
  async function failure(rig: Rig, host: string, port = 0): Promise<string> {
    const error = await rig.listen(host, port).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FingerpostError);
    expect((error as FingerpostError).code).toBe('listen');
    return (error as FingerpostError).message;
  }

  it('because the port is in use', async () => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    const rig = new Rig({ workers: 2 });
    open.push(rig);
    expect(await failure(rig, '127.0.0.1', port)).toBe(
      `cannot listen on UDP 127.0.0.1:${port}: the port is in use by another program (or another fingerpost)`,
    );
    await new Promise<void>((resolve) => socket.close(() => resolve()));
    expect((await rig.listen('127.0.0.1', port)).port).toBe(port);
  });

  it('because another pool is there, which would get a share of the questions', async () => {
    const { at } = await start({ workers: 2 });
    expect(await failure(new Rig({ workers: 2 }), at.host, at.port)).toContain('(or another fingerpost)');
  });

  it.each(['192.0.2.1', '2001:db8::1'])('because %s is not of this machine', async (host) => {
    expect(await failure(new Rig(), host)).toContain('it is not an address of this machine');
  });

  it.each(['nonsense', 'fe80::1%nowhere', '127.0.0.1%lo'])('because %s is none', async (host) => {
    expect(await failure(new Rig(), host)).toContain('it is not an IPv4 or IPv6 address');
  });

  it('because there would be too many readers of the table', async () => {
    expect(await failure(new Rig({ workers: 1024 }), '127.0.0.1')).toContain('1023 worker threads in all');
  });

  it('because the workers do not start: nothing stays open then', async () => {
    const { deps } = countingDeps();
    const world = new World();
    // What cannot be handed to a thread.
    const table = { ...world.table.memory, madeAt: (() => 0) as unknown as number };
    const pool = new UdpPool({ table, respond: world.respond, workers: 2 }, deps);
    const probe = createSocket('udp4');
    probe.bind(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address();
    await new Promise<void>((resolve) => probe.close(() => resolve()));
    const error = await pool.open({ host: '127.0.0.1', port }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FingerpostError);
    expect((error as FingerpostError).code).toBe('listen');
    expect(pool.alive).toBe(0);
    const again = createSocket('udp4');
    again.bind(port, '127.0.0.1');
    await once(again, 'listening');
    again.close();
  });
});
