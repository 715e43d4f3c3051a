// The memory that system calls and threads share: packets in and out, the queue of misses, the counts.
import { describe, expect, it } from 'vitest';
import { MISS_SLOTS, MissQueue, missQueueMemory } from '../../src/transport/udp-batch/miss-queue.ts';
import { Packets, REQUEST_SIZE } from '../../src/transport/udp-batch/packets.ts';
import { Rest } from '../../src/transport/udp-batch/syscalls.ts';
import { LATENCY_BOUNDS_US, Tally, tallyMemory } from '../../src/transport/udp-batch/tally.ts';

/** Puts a packet into a slot as if it had been received. */
function fill(packets: Packets, slot: number, text: string): number {
  packets.view(slot).set(Buffer.from(text));
  packets.arm(slot);
  return text.length;
}

function textIn(packets: Packets, slot: number, length: number): string {
  return Buffer.from(packets.view(slot).subarray(0, length)).toString();
}

/** The queue's ends as words: put, and taken. */
function ends(memory: SharedArrayBuffer): { put: number; taken: number } {
  const words = new Int32Array(memory);
  return { put: words[0]!, taken: words[16]! };
}

describe('the queue of misses', () => {
  const packets = new Packets(4, REQUEST_SIZE);

  it('gives out what was put in, in order, once', () => {
    const queue = new MissQueue(missQueueMemory());
    expect(queue.take(packets, 0)).toBe(-1);
    for (const text of ['one', 'another', '']) queue.put(packets, 1, fill(packets, 1, text));
    expect(queue.waiting).toBe(3);
    for (const text of ['one', 'another', '']) {
      const length = queue.take(packets, 2);
      expect(textIn(packets, 2, length)).toBe(text);
    }
    expect(queue.take(packets, 0)).toBe(-1);
    expect(queue.waiting).toBe(0);
  });

  it('takes as many as it has slots, and then no more', () => {
    const queue = new MissQueue(missQueueMemory());
    const length = fill(packets, 1, 'x'.repeat(REQUEST_SIZE));
    for (let i = 0; i < MISS_SLOTS; i++) expect(queue.put(packets, 1, length)).toBe(true);
    expect(queue.put(packets, 1, length)).toBe(false);
    expect(queue.take(packets, 2)).toBe(REQUEST_SIZE);
    expect(queue.put(packets, 1, length)).toBe(true);
    expect(queue.put(packets, 1, length)).toBe(false);
    expect(queue.waiting).toBe(MISS_SLOTS);
  });

  it('goes on when its counts wrap', () => {
    const memory = missQueueMemory();
    const words = new Int32Array(memory);
    words[0] = words[16] = 2 ** 31 - 3;
    const writer = new MissQueue(memory);
    const reader = new MissQueue(memory);
    for (let i = 0; i < MISS_SLOTS; i++) {
      const text = `${i}`;
      expect(writer.put(packets, 1, fill(packets, 1, text))).toBe(true);
    }
    expect(ends(memory).put).toBeLessThan(0);
    expect(writer.waiting).toBe(MISS_SLOTS);
    expect(writer.put(packets, 1, 1)).toBe(false);
    for (let i = 0; i < MISS_SLOTS; i++) expect(textIn(packets, 2, reader.take(packets, 2))).toBe(`${i}`);
    expect(reader.take(packets, 2)).toBe(-1);
    expect(ends(memory).taken).toBe(ends(memory).put);
  });
});

describe('the memory of packets', () => {
  it('lies at the address that it names, each slot by itself', () => {
    const packets = new Packets(64, REQUEST_SIZE);
    expect(packets.headers % 8n).toBe(0n);
    expect(packets.headersFrom(3) - packets.headers).toBe(3n * 64n);
    for (let slot = 0; slot < 64; slot++) packets.view(slot).fill(slot);
    for (let slot = 0; slot < 64; slot++) {
      expect(packets.view(slot)).toHaveLength(REQUEST_SIZE);
      expect(packets.bytes[packets.start(slot)]).toBe(slot);
      expect(packets.bytes[packets.start(slot) + REQUEST_SIZE - 1]).toBe(slot);
    }
    // struct mmsghdr of slot 5 points to its iovec, and that to its bytes.
    const longs = new BigUint64Array(packets.bytes.buffer);
    const iovec = longs[(5 * 64 + 16) / 8]! - packets.headers;
    expect(longs[Number(iovec) / 8]! - packets.headers).toBe(BigInt(packets.start(5)));
    expect(longs[Number(iovec) / 8 + 1]).toBe(BigInt(REQUEST_SIZE));
  });
});

it('a rest lasts as long as it should, or longer', () => {
  const rest = new Rest(2_000_000);
  for (let i = 0; i < 3; i++) {
    const begun = performance.now();
    rest.take();
    expect(performance.now() - begun).toBeGreaterThanOrEqual(1.9);
  }
});

describe('the counts', () => {
  it('put each latency into the first bucket that holds it', () => {
    const tally = new Tally(tallyMemory());
    const last = LATENCY_BOUNDS_US.length;
    tally.sent(1, 0);
    tally.sent(2, 50);
    tally.sent(3, 50.5);
    tally.sent(4, 10_000);
    tally.sent(5, 1e9);
    const buckets = Array.from({ length: last + 1 }, (_, bucket) => tally.latencyAt(bucket));
    expect([buckets[0], buckets[1], buckets[last - 1], buckets[last]]).toEqual([3, 3, 4, 5]);
    expect(tally.replies).toBe(15);
    expect(tally.latencySumUs).toBeCloseTo(2 * 50 + 3 * 50.5 + 4 * 10_000 + 5e9);
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
    worker.reply(16);
    worker.type(28);
    worker.type(65_280);
    const { queries, batches, misses, overflows, dropped, receiveFailures } = main;
    expect({ queries, batches, misses, overflows, dropped, receiveFailures }).toEqual({
      queries: 65,
      batches: 2,
      misses: 1,
      overflows: 2,
      dropped: 4,
      receiveFailures: 1,
    });
    expect([main.rcode(16), main.rcode(0), main.typeAt(1), main.typeAt(10)]).toEqual([1, 0, 1, 1]);
  });
});
