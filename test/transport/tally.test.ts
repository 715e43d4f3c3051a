// What a thread counts of questions and replies, in memory that another thread reads.
import { describe, expect, it } from 'vitest';
import { Tallies } from '../../src/transport/tallies.ts';
import {
  COUNTED_TYPES,
  DURATION_BOUNDS_US,
  RCODES,
  Row,
  SIZE_BOUNDS,
  Tally,
  tallyMemory,
} from '../../src/transport/tally.ts';
import { Query } from '../../src/wire/query.ts';

/** A question as if it had been read, and its reply as if it had been rendered. */
function asked(type: number, zone: number, rcode = 0): { query: Query; reply: Uint8Array } {
  const query = new Query();
  query.type = type;
  query.questionEnd = 20;
  query.zone = zone;
  const reply = new Uint8Array(64);
  reply[3] = rcode & 15;
  if (rcode > 15) {
    query.optAt = 20;
    reply[25] = rcode >> 4;
  }
  return { query, reply };
}

/** Places of a row that are not 0. */
function shown(row: Float64Array): Record<number, number> {
  return Object.fromEntries([...row.entries()].filter(([, count]) => count !== 0));
}

describe('the counts', () => {
  it('of a reply: type by family, rcode, and both sizes, in the row of its zone', () => {
    const tally = new Tally(tallyMemory(3));
    const { query, reply } = asked(33, 2, 3);
    tally.answered(query, 300, true, reply, 0, 512);
    expect(shown(tally.row(2))).toEqual({
      [Row.TYPE + COUNTED_TYPES.indexOf('SRV')]: 1,
      [Row.RCODE + 3]: 1,
      [Row.REQUEST_SIZE + SIZE_BOUNDS.indexOf(300)]: 1,
      [Row.REQUEST_BYTES]: 300,
      [Row.REPLY_SIZE + SIZE_BOUNDS.indexOf(1023)]: 1,
      [Row.REPLY_BYTES]: 512,
    });
    for (const other of [0, 1, 3]) expect(shown(tally.row(other))).toEqual({});
  });

  it('of types that have no name of their own, of no question at all, of rcodes beyond those of ours', () => {
    const tally = new Tally(tallyMemory(1));
    const other = COUNTED_TYPES.indexOf('other');
    for (const type of [99, 65_280, 0]) {
      const { query, reply } = asked(type, 0, 23);
      tally.answered(query, 20, false, reply, 0, 30);
    }
    const { query, reply } = asked(1, 0, 4000);
    query.questionEnd = 12;
    tally.answered(query, 20, false, reply, 0, 70_000);
    const row = tally.row(0);
    expect(row[Row.TYPE + COUNTED_TYPES.length + other]).toBe(4);
    expect([row[Row.RCODE + 23], row[Row.RCODE + RCODES - 1]]).toEqual([3, 1]);
    expect(row[Row.REPLY_SIZE + SIZE_BOUNDS.length]).toBe(1);
  });

  it('put each duration into the first bucket that holds it, by zone', () => {
    const tally = new Tally(tallyMemory(2));
    const last = DURATION_BOUNDS_US.length;
    tally.took(Uint16Array.of(1, 1, 2, 1, 9, 9), 4, 50);
    tally.tookOne(1, 50.5);
    tally.tookOne(2, 1e9);
    expect(shown(tally.row(1))).toEqual({
      [Row.DURATION]: 3,
      [Row.DURATION + 1]: 1,
      [Row.DURATION_US]: 3 * 50 + 50.5,
    });
    expect(shown(tally.row(2))).toEqual({
      [Row.DURATION]: 1,
      [Row.DURATION + last]: 1,
      [Row.DURATION_US]: 50 + 1e9,
    });
    expect(shown(tally.row(0))).toEqual({});
  });

  it('are read where another thread has written them', () => {
    const memory = tallyMemory();
    const worker = new Tally(memory);
    const main = new Tally(memory);
    worker.batch(64);
    worker.batch(1);
    worker.miss(true);
    worker.miss(false);
    worker.miss(false);
    worker.ignored();
    worker.sendFailed(3);
    worker.receiveFailed();
    worker.hits(7);
    const { queries, batches, misses, overflows, dropped, receiveFailures, replies } = main;
    expect({ queries, batches, misses, overflows, dropped, receiveFailures, replies }).toEqual({
      queries: 65,
      batches: 2,
      misses: 1,
      overflows: 2,
      dropped: 4,
      receiveFailures: 1,
      replies: 7,
    });
  });
});

it('bounds grow, and bucket and place fit each other', () => {
  for (const bounds of [DURATION_BOUNDS_US, SIZE_BOUNDS])
    expect(bounds.toSorted((a, b) => a - b)).toEqual(bounds);
  const places = [
    Row.RCODE - Row.TYPE,
    Row.REQUEST_SIZE - Row.RCODE,
    Row.REQUEST_BYTES - Row.REQUEST_SIZE,
    Row.REPLY_BYTES - Row.REPLY_SIZE,
    Row.DURATION_US - Row.DURATION,
    Row.LENGTH - Row.DURATION_US,
  ];
  expect(places).toEqual([
    COUNTED_TYPES.length * 2,
    RCODES,
    SIZE_BOUNDS.length + 1,
    SIZE_BOUNDS.length + 1,
    DURATION_BOUNDS_US.length + 1,
    1,
  ]);
});

it('the tallies of all threads are kept with the address as people write it', () => {
  const tallies = new Tallies(1);
  tallies.open({ host: '127.0.0.1', port: 5300 }, 'udp').tookOne(1, 3);
  tallies.open({ host: '::1', port: 53 }, 'tcp');
  expect(tallies.all.map(({ server, proto }) => [server, proto])).toEqual([
    ['dns://127.0.0.1:5300', 'udp'],
    ['dns://[::1]:53', 'tcp'],
  ]);
  expect(tallies.all[0]?.tally.row(1)[Row.DURATION_US]).toBe(3);
});
