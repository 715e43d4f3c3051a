// Replies that somebody else sends in a server's name: however many, none is believed. That of a flood the answer still
// comes is told of every kind of socket (udp-contract).
import { expect, it } from 'vitest';
import { acceptReply, Match, matchReply } from '../../src/upstream/receive.ts';
import { question, wire } from '../wire/packets.ts';
import { replyBytes, WWW } from './asked.ts';
import { A, FORGED } from './rig.ts';

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

it('a forged reply whose id is right is not believed without the right question', () => {
  const other = replyBytes({ question: question(wire('wwx', 'example')), answers: [FORGED] });
  expect(matchReply(other, 0xbeef, WWW)).toBe(Match.NO);
  expect(acceptReply(replyBytes({ answers: [A] }), WWW)).toBeDefined();
});
