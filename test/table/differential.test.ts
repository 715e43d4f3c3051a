// What the table answers is what the zones answer, byte for byte but for rotation, whatever changed in between.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Transport } from '../../src/wire/query.ts';
import { holdsSoon } from './holds-soon.ts';
import { packet } from './questions.ts';
import { cases, changesOf } from './random-zones.ts';
import { ASKED_AT_ONCE, type Asker, World } from './world.ts';

/** More turns than any answer of these zones has arrangements: at most 60 rotate, beside a few alternatives. */
const MOST_TURNS = 1000;

interface Question {
  readonly packet: Buffer;
  readonly transport: Transport;
}

/** Whether `reply` is one of the arrangements of the answer from the zones. */
function isTrue(world: World, { packet, transport }: Question, reply: Buffer): boolean {
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    if (world.askFull(packet, transport, turn).equals(reply)) return true;
  }
  return false;
}

function mustBeTrue(world: World, question: Question, reply: Buffer, by: string): void {
  if (isTrue(world, question, reply)) return;
  const should = world.askFull(question.packet, question.transport, 0);
  const texts = { by, question: question.packet.toString('latin1'), reply: reply.toString('hex') };
  expect(texts).toEqual({ ...texts, reply: should.toString('hex') });
}

const seen = { again: 0, byWorker: 0, denied: 0, kept: 0 };

/** Everything asked three times: of the main thread, of it again, and of a worker's reader. */
function askAll(world: World, worker: Asker, questions: readonly Question[]): void {
  for (const question of questions) {
    mustBeTrue(world, question, world.ask(question.packet, question.transport), 'first');
    const { tableHits } = world.counts;
    mustBeTrue(world, question, world.ask(question.packet, question.transport), 'again');
    seen.again += world.counts.tableHits - tableHits;
  }
  askWorker(world, worker, questions);
}

/** Everything asked in batches of a worker's reader. */
function askWorker(world: World, worker: Asker, questions: readonly Question[]): void {
  for (let first = 0; first < questions.length; first += ASKED_AT_ONCE) {
    const batch = questions.slice(first, first + ASKED_AT_ONCE);
    for (const [i, reply] of worker.askAll(batch).entries()) {
      if (reply === undefined) continue;
      seen.byWorker++;
      if ((reply[3]! & 15) === 3) seen.denied++;
      mustBeTrue(world, batch[i]!, reply, 'worker');
    }
  }
}

describe('answers from the table', () => {
  it('are those of the zones, before and after every change', async () => {
    await holdsSoon(
      fc.asyncProperty(cases, async ({ zones, first, turns, questions: asks }) => {
        const world = new World(zones).load(first);
        const worker = world.reader(2);
        const keys = new Set(Object.keys(first));
        const questions = asks.map(
          (ask): Question => ({ packet: packet(ask), transport: ask.tcp ? 'tcp' : 'udp' }),
        );
        await Promise.resolve();
        askAll(world, worker, questions);
        for (const [i, turn] of turns.entries()) {
          world.contents.zones.setStaleTtl(i % 2 === 0 ? 7 : 0);
          const { count } = world.table;
          const changes = changesOf(turn, keys);
          world.apply(changes);
          for (const [key, value] of Object.entries(changes)) {
            if (value === undefined) keys.delete(key);
            else keys.add(key);
          }
          // What a worker says at once, before anything is asked again, comes from what the change has left.
          seen.kept += Math.min(count, world.table.count);
          askWorker(world, worker, questions);
          await Promise.resolve();
          askWorker(world, worker, questions);
          askAll(world, worker, questions);
        }
      }),
      35,
    );
    console.info(seen);
    expect(seen.again).toBeGreaterThan(500);
    expect(seen.denied).toBeGreaterThan(100);
    expect(seen.kept).toBeGreaterThan(100);
  });
});
