// While the zones are stale: the same answers, from the zones and from the table, but for TTLs and the note that says why.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Message, readMessage } from '../../src/wire/message.ts';
import { EXPIRED } from '../../src/wire/negative.ts';
import { holdsSoon } from './holds-soon.ts';
import { type Ask, packet } from './questions.ts';
import { cases } from './random-zones.ts';
import { World } from './world.ts';

const STALE = 7;
const NOTE = Uint8Array.of(0, 15, 0, 2, 0, 3);

/** The message as it must be when it is stale, given that its question is of class IN and has records of a zone. */
function stale(message: Message, isZoneData: boolean): Message {
  if (!isZoneData) return message;
  const limited = (records: Message['answers']) =>
    records.map((record) => {
      if (record.rdata.type !== 'unknown' || record.rdata.code !== 41)
        return { ...record, ttl: Math.min(record.ttl, STALE) };
      return { ...record, rdata: { ...record.rdata, data: NOTE } };
    });
  const { answers, authority, additional } = message;
  return {
    ...message,
    answers: limited(answers),
    authority: limited(authority),
    additional: limited(additional),
  };
}

function messageOf(bytes: Uint8Array): Message {
  const message = readMessage(Uint8Array.from(bytes));
  if (message === undefined) throw new RangeError(`no message: ${Buffer.from(bytes).toString('hex')}`);
  return message;
}

let limited = 0;

function check(world: World, ask: Ask): void {
  const { zones } = world.contents;
  const request = packet(ask);
  zones.setStaleTtl(0);
  const fresh = messageOf(world.askFull(request, 'tcp', 5));
  zones.setStaleTtl(STALE);
  const now = messageOf(world.askFull(request, 'tcp', 5));
  const isZoneData = (fresh.flags & 0x0400) !== 0 && ask.class !== 3;
  const expected = stale(fresh, isZoneData);
  expect(now).toEqual(expected);
  if (fresh.answers.some(({ ttl }) => ttl > STALE)) limited++;
  // What is kept already, and what workers deny by themselves, is limited too.
  const udp = world.ask(request);
  const worker = world.reader(2).ask(request);
  for (const reply of [udp, worker ?? udp]) {
    const records = messageOf(reply).answers;
    if (isZoneData) expect(records.every(({ ttl }) => ttl <= STALE)).toBe(true);
    if (isZoneData && ask.size !== undefined) expect(reply.subarray(-6)).toEqual(Buffer.from(NOTE));
  }
}

it('answers that are too old are not given, from the table, by workers or anew', async () => {
  const tooOld = Uint8Array.of(0, 15, 0, 2, 0, 24);
  let refused = 0;
  await holdsSoon(
    fc.asyncProperty(cases, async ({ zones, first, questions }) => {
      const world = new World(zones).load(first);
      await Promise.resolve();
      for (const ask of questions) {
        const request = packet(ask);
        world.contents.zones.setStaleTtl(0);
        const fresh = messageOf(world.ask(request));
        world.contents.zones.setStaleTtl(EXPIRED);
        const isZoneData = (fresh.flags & 0x0400) !== 0 && ask.class !== 3;
        const full = world.askFull(request, 'tcp', 5);
        for (const reply of [world.ask(request), full, world.reader(2).ask(request) ?? full]) {
          if (!isZoneData) continue;
          const { flags, answers, authority } = messageOf(reply);
          expect(flags & 0x040f).toBe(2);
          expect([...answers, ...authority]).toEqual([]);
          if (ask.size !== undefined) expect(reply.subarray(-6)).toEqual(Buffer.from(tooOld));
          refused++;
        }
      }
    }),
    20,
  );
  expect(refused).toBeGreaterThan(60);
});

it('answers are limited, and nothing else', async () => {
  await holdsSoon(
    fc.asyncProperty(cases, async ({ zones, first, questions }) => {
      const world = new World(zones).load(first);
      await Promise.resolve();
      for (const ask of questions) {
        world.contents.zones.setStaleTtl(0);
        world.ask(packet(ask));
        check(world, ask);
      }
    }),
    20,
  );
  expect(limited).toBeGreaterThan(20);
});
