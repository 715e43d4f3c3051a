// Random changes: whatever the table and the set of names answer, the zones answer too at that moment.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { noCounters } from '../../src/base/counters.ts';
import { Answerer } from '../../src/query/answerer.ts';
import type { Change } from '../../src/service/entry.ts';
import { readMessage } from '../../src/wire/message.ts';
import { Query } from '../../src/wire/query.ts';
import { TestAsker } from '../support/asker.ts';
import { SEED } from '../support/property.ts';
import { entry } from '../support/zone-fixture.ts';
import { linesOfMessage } from '../support/zone-text.ts';
import { key, leaseTtl, questions, value, zones } from '../zone/random.ts';
import { comparable } from './comparable.ts';
import { Desk, OPTIONS, packet } from './desk.ts';

const write = fc.record({
  which: fc.nat(),
  value: fc.oneof({ weight: 3, arbitrary: value }, { weight: 1, arbitrary: fc.constant(undefined) }),
  leaseTtl,
});
const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 12 });
const batches = fc.array(fc.array(write, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 });

it('an answer from the table is the answer of the moment', async () => {
  const packets = new Map(questions.map((question) => [question, packet(question)]));
  const query = new Query();
  const reply = Buffer.alloc(65_535);
  let hits = 0;
  await fc.assert(
    fc.asyncProperty(zones, keys, batches, async (zoneOptions, few, rounds) => {
      const desk = new Desk({}, { zones: zoneOptions });
      const plain = new Answerer(desk.contents, OPTIONS, () => {}, noCounters);
      plain.ready();
      let revision = 10;
      for (const writes of rounds) {
        revision++;
        const changes = writes.map(({ which, value, leaseTtl }): Change => {
          const key = few[which % few.length]!;
          if (value === undefined) return { kind: 'delete', key, revision };
          return { kind: 'put', entry: entry(key, value, revision, leaseTtl) };
        });
        desk.contents.apply({ revision, changes });
        // Whoever denies names waits for the end of the turn.
        await Promise.resolve();
        for (const [question, request] of packets) {
          const ours = linesOfMessage(desk.message(request, 'tcp'));
          query.read(request, request.length);
          const length = plain.answer(request, query, new TestAsker('tcp'), revision, reply);
          const theirs = linesOfMessage(readMessage(Uint8Array.from(reply.subarray(0, length)))!);
          if (comparable(ours, question) !== comparable(theirs, question))
            expect([question, ...ours]).toEqual([question, ...theirs]);
        }
      }
      hits += desk.counted.hits;
    }),
    { seed: SEED, numRuns: 40 * Number(process.env.FC_TIMES ?? 1) },
  );
  expect(hits).toBeGreaterThan(0);
}, 600_000);
