// The memory that system calls and threads share: packets in and out, the queue of misses.
import { describe, expect, it } from 'vitest';
import { MISS_SLOTS, MissQueue, missQueueMemory } from '../../src/transport/udp-batch/miss-queue.ts';
import { Packets, REQUEST_SIZE } from '../../src/transport/udp-batch/packets.ts';
import { Rest } from '../../src/transport/udp-batch/syscalls.ts';

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
