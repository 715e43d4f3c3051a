// The ring: records come out whole and in order, from threads that write as fast as they can; what is lost is counted.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { NONE, RingReader, RingWriter, ringMemory } from '../../src/tap/ring.ts';

const WORDS = 1 << 20;

function wholeAt({ words }: RingReader, place: number): number {
  const length = words[place]!;
  const number = words[place + 1]!;
  for (let i = 2; i < length; i++)
    if (words[place + i] !== number) throw new Error(`record ${number} is torn`);
  return number;
}

it.each([1, 2, 3])(
  'hands all records of a thread over whole and in order, or counts them as lost (%d)',
  async (seed) => {
    const memory = ringMemory();
    const reader = new RingReader(memory);
    const records = 60_000;
    const worker = new Worker(new URL('./ring-writer.ts', import.meta.url), {
      workerData: { memory, records, seed },
    });
    let lost: number | undefined;
    const ended = once(worker, 'message').then(([count]) => {
      lost = count as number;
    });
    let last = -1;
    let taken = 0;
    const take = () => {
      for (let place = reader.next(); place !== NONE; place = reader.next()) {
        const number = wholeAt(reader, place);
        expect(number).toBeGreaterThan(last);
        last = number;
        // Not every record by itself, so that the writer is sometimes ahead by more than there is room for.
        if (++taken % 50 === 0) reader.release();
      }
      reader.release();
    };
    while (lost === undefined) {
      take();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await ended;
    take();
    expect(taken).toBeGreaterThan(0);
    expect(taken + lost).toBe(records);
    expect(reader.lost(1)).toBe(lost);
    await worker.terminate();
  },
);

it('takes as much as it holds, counts what comes then, and goes on when there is room', () => {
  const memory = ringMemory();
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory);
  const length = 1000;
  let count = 0;
  while (writer.reserve(length) !== NONE) count++;
  expect(count).toBe(Math.floor(WORDS / length));
  writer.publish();
  for (let i = 0; i < count; i++) expect(reader.next()).not.toBe(NONE);
  expect(reader.next()).toBe(NONE);
  expect(writer.reserve(length)).toBe(NONE);
  reader.release();
  expect(writer.reserve(length)).toBe(0);
});

it('shows nothing that is not published, and nothing that was cleared', () => {
  const memory = ringMemory();
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory);
  writer.reserve(5);
  expect(reader.next()).toBe(NONE);
  writer.publish();
  reader.clear();
  expect(reader.next()).toBe(NONE);
  // A writer that takes over from one that died goes on where that one was.
  const place = new RingWriter(memory).reserve(5);
  expect(place).toBe(5);
});
