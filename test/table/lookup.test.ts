// The reader of the table as every transport calls it: bad packets, questions that are not its own, room for the reply.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MISS } from '../../src/table/lookup.ts';
import { Client } from '../../src/wire/client.ts';
import { hostilePackets } from '../support/hostile.ts';
import { holds, SEED } from '../support/property.ts';
import { packet } from './questions.ts';
import { ASKED_AT_ONCE, World } from './world.ts';

const RECORDS = { '/skydns/z/a': { host: '10.0.0.1' }, '/skydns/z/b/1': { host: '10.0.0.2', port: 80 } };

describe('a reader of the table', () => {
  it('stands whatever comes, writes nothing behind its reply, and never answers an answer', async () => {
    const world = new World().load(RECORDS);
    await Promise.resolve();
    const { reader } = world.reader(2);
    const packets = hostilePackets(SEED);
    const reply = new Uint8Array(1232 + 64);
    const client = new Client();
    let answered = 0;
    for (let i = 0; i < 20_000; i++) {
      const bytes = packets.next().value;
      world.ask(bytes);
      reply.fill(0xee);
      reader.enter();
      const length = reader.respond(
        bytes,
        bytes.length,
        { transport: 'udp', client },
        0,
        reply.subarray(0, 1232),
      );
      reader.leave();
      if (length > 0) answered++;
      if (length < MISS || length > 1232) expect(length).toBe('a length');
      if (reply.subarray(1232).some((byte) => byte !== 0xee)) expect(bytes).toBe('written too far');
      if ((bytes.length < 12 || bytes[2]! >= 0x80) && length !== 0) expect(bytes).toBe('not answered');
    }
    expect(answered).toBeGreaterThan(1000);
  });

  it('answers a batch as it answers each of its questions', async () => {
    const members = Array.from({ length: 300 }, (_, i) => [`/skydns/z/n${i}`, { host: `10.0.0.${i % 256}` }]);
    const world = new World().load(Object.fromEntries(members) as Record<string, object>);
    await Promise.resolve();
    for (let i = 0; i < 200; i++) world.ask(packet({ name: `n${i}.z` }));
    const [alone, together] = [world.reader(2), world.reader(3)];
    const good = fc
      .record({
        // Known to the table, to the zones alone, and to nobody.
        name: fc.nat(400).map((i) => `n${i}.Z`),
        type: fc.constantFrom(1, 28),
        class: fc.constantFrom(1, 1, 1, 3),
        size: fc.constantFrom(undefined, 1232),
      })
      .map((ask) => packet(ask));
    const hostile = hostilePackets(SEED);
    const any = fc.oneof(good, fc.constant(undefined));
    const counts = { hits: 0, denied: 0, misses: 0 };
    holds(
      fc.property(fc.array(any, { minLength: 1, maxLength: ASKED_AT_ONCE }), (packets) => {
        const batch = packets.map((one) => ({
          packet: one ?? hostile.next().value,
          transport: 'udp' as const,
        }));
        const replies = together.askAll(batch);
        expect(replies).toEqual(batch.map((one) => alone.ask(one.packet)));
        for (const reply of replies) {
          if (reply === undefined) counts.misses++;
          else if (reply.length > 3) counts[(reply[3]! & 15) === 3 ? 'denied' : 'hits']++;
        }
      }),
    );
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(50);
  });

  it('leaves other classes and everything unknown to the main thread', async () => {
    const world = new World().load(RECORDS);
    await Promise.resolve();
    const worker = world.reader(2);
    for (const ask of [{ name: 'a.z', class: 3 }, { name: 'no.z', class: 255 }, { name: 'a.z' }])
      expect(worker.ask(packet(ask))).toBeUndefined();
    world.ask(packet({ name: 'a.z' }));
    expect(worker.ask(packet({ name: 'a.z' }))).toBeDefined();
    expect(worker.ask(packet({ name: 'a.z', class: 3 }))).toBeUndefined();
  });

  it('turns the order of answers, evenly', async () => {
    const members = Array.from({ length: 4 }, (_, i) => [`/skydns/z/m/${i}`, { host: `10.0.0.${i}` }]);
    const world = new World().load(Object.fromEntries(members) as Record<string, object>);
    const request = packet({ name: 'm.z' });
    world.ask(request);
    const worker = world.reader(2);
    const first = new Map<number, number>();
    for (let i = 0; i < 4000; i++) {
      const address = worker.ask(request)![request.length + 15]!;
      first.set(address, (first.get(address) ?? 0) + 1);
    }
    expect([...first.keys()].sort()).toEqual([0, 1, 2, 3]);
    // 1000 each, and a standard deviation of 27.
    for (const count of first.values()) expect(Math.abs(count - 1000)).toBeLessThan(200);
  });
});
