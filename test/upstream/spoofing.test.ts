// Replies that somebody else sends in a server's name: however many, none is believed, and the answer still comes.
import { expect, it } from 'vitest';
import { acceptReply, Match, matchReply } from '../../src/upstream/receive.ts';
import { header, pointer, question, record, wire } from '../wire/packets.ts';
import { replyBytes, WWW } from './asked.ts';
import { A, replyTo, rig, server } from './rig.ts';

const FORGED = record(pointer(12), 1, [6, 6, 6, 6]);

it('of 1,000,000 wrong ids none matches', () => {
  const forged = replyBytes({ answers: [FORGED] });
  const id = 0x1234;
  let matched = 0;
  for (let i = 0; i < 1_000_000; i++) {
    // Every id but the right one, over and over.
    const guess = (id + 1 + (i % 0xffff)) & 0xffff;
    forged[0] = guess >> 8;
    forged[1] = guess;
    if (matchReply(forged, id, WWW) !== Match.NO) matched++;
  }
  expect(matched).toBe(0);
});

it('a flood of wrong ids from the right address is not believed, and does not block', async () => {
  const each = 10_000;
  const questions = 10;
  const up = await server((asking) => {
    if (asking.transport === 'tcp') {
      asking.send(replyTo(asking));
      return;
    }
    const forged = replyTo(asking, { answers: [FORGED] });
    for (let i = 1; i <= each; i++) {
      const guess = asking.id ^ i;
      forged[0] = guess >> 8;
      forged[1] = guess;
      asking.send(Uint8Array.from(forged));
    }
  });
  const mine = rig();
  const group = mine.group(up);
  for (let i = 0; i < questions; i++) {
    const request = Uint8Array.from([...header(), ...question(wire(`n${i}`, 'example'))]);
    expect(await mine.reply(group, request)).toEqual(
      replyBytes({ question: question(wire(`n${i}`, 'example')), answers: [A] }),
    );
  }
  // Each question gave up its port after 100 of them.
  expect(mine.count('upstreamMismatches')).toBe(100 * questions);
});

it('a forged reply whose id is right is not believed without the right question', () => {
  const other = replyBytes({ question: question(wire('wwx', 'example')), answers: [FORGED] });
  expect(matchReply(other, 0xbeef, WWW)).toBe(Match.NO);
  expect(acceptReply(replyBytes({ answers: [A] }), WWW)).toBeDefined();
});
