// A thread that writes numbered records of random lengths into a ring as fast as it can, for test/tap/ring.test.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { NONE, RingWriter } from '../../src/tap/ring.ts';

const { memory, records, seed } = workerData as { memory: SharedArrayBuffer; records: number; seed: number };
const writer = new RingWriter(memory);
let random = seed;
let lost = 0;
for (let number = 0; number < records; number++) {
  random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
  const length = 3 + ((random >>> 16) % 900);
  const place = writer.reserve(length);
  if (place === NONE) {
    writer.lose(1, 1);
    lost++;
  } else {
    writer.words[place + 1] = number;
    writer.words.fill(number, place + 2, place + length);
  }
  if (number % 7 === 0) writer.publish();
}
writer.publish();
parentPort?.postMessage(lost);
