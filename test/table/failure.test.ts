// A defect in computing an answer costs that one question, not the server.
import { expect, test } from 'vitest';
import { noCounters } from '../../src/base/counters.ts';
import { silent } from '../../src/base/log.ts';
import type { Answerer } from '../../src/query/answerer.ts';
import { AnswerTable } from '../../src/table/table.ts';
import { Rcode } from '../../src/wire/codes.ts';
import { readMessage } from '../../src/wire/message.ts';
import { Contents } from '../../src/zone/contents.ts';
import { Zones } from '../../src/zone/zones.ts';
import { TestAsker } from '../support/asker.ts';
import { header, question, wire } from '../wire/packets.ts';

test('the question is answered SERVFAIL, counted and logged with its name', () => {
  const zones = new Zones([{ name: 'skydns.local' }]);
  const contents = new Contents(zones, '/skydns', { drop: () => {}, bad: () => {} });
  const table = new AnswerTable(2 ** 20, zones, () => contents.tree, noCounters);
  const broken: unknown = {
    answer: () => {
      throw new TypeError('a defect');
    },
  };
  let failures = 0;
  const logged: unknown[] = [];
  const respond = table.responder(
    broken as Answerer,
    { ...noCounters, failures: { inc: () => failures++ } },
    { ...silent, error: (fields) => logged.push(fields) },
  );
  const reply = new Uint8Array(512);
  const length = respond(
    Uint8Array.from([...header(), ...question(wire('web', 'skydns', 'local'), 1)]),
    new TestAsker(),
    reply,
  );
  expect(readMessage(reply.subarray(0, length))!.flags & 15).toBe(Rcode.SERVFAIL);
  expect(failures).toBe(1);
  expect(logged).toMatchObject([{ name: 'web.skydns.local.', type: 'A' }]);
});
