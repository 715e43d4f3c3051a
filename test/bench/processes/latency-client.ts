// Run as `node latency-client.ts PORT RATE`: asks at a fixed rate, whatever is answered, until told `stop` on stdin.
// Prints JSON: queries sent, answered within a second, latencies in milliseconds (p50, p99, most).
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { askedNames, newRandom } from '../churn-names.ts';
import { queryBytes, Type } from '../harness/ask.ts';
import { percentile } from '../harness/stats.ts';

const TYPES = [Type.A, Type.SRV, Type.TXT];
const [port, rate] = process.argv.slice(2) as [string, string];
const next = newRandom();
const queries = askedNames
  .filter((name) => name.includes('churn'))
  .flatMap((name) => TYPES.map((type) => queryBytes(0, name, type)));
const sentAt = new Float64Array(65_536);
const latencies: number[] = [];
let sent = 0;
let stopped = false;

const socket = createSocket('udp4');
socket.connect(Number(port), '127.0.0.1');
await once(socket, 'connect');
socket.setRecvBufferSize(4 << 20);
socket.on('error', () => {});
socket.on('message', (reply) => {
  const id = reply.readUInt16BE(0);
  const at = sentAt[id] ?? 0;
  if (at > 0) latencies.push(performance.now() - at);
  sentAt[id] = 0;
});
process.stdin.once('data', () => {
  stopped = true;
});

function ask(): void {
  const id = sent & 0xffff;
  const query = Buffer.from(queries[Math.floor(next() * queries.length)] as Buffer);
  query.writeUInt16BE(id, 0);
  sentAt[id] = performance.now();
  sent += 1;
  socket.send(query);
}

const begun = performance.now();
process.stdout.write('asking\n');
while (!stopped) {
  const due = ((performance.now() - begun) * Number(rate)) / 1_000;
  while (sent < due) ask();
  await delay(1);
}
await delay(1_000);
const answered = latencies.filter((ms) => ms <= 1_000);
const [p50, p99, most] = [0.5, 0.99, 1].map((p) => percentile(answered, p));
process.stdout.write(`${JSON.stringify({ sent, answered: answered.length, p50, p99, most })}\n`);
socket.close();
process.stdin.destroy();
