// Run as `node putter.ts HOST:PORT PUTS`: changes the address of one service again and again. For each put it prints the
// address and when it was sent and acknowledged, in milliseconds on the machine's monotonic clock.
import { setTimeout as delay } from 'node:timers/promises';
import { Etcd3 } from 'etcd3';
import { monotonicMs } from '../harness/monotonic.ts';
import { random } from '../harness/stats.ts';
import { serviceAt } from '../services.ts';

const [endpoint, puts] = process.argv.slice(2) as [string, string];
const { key } = serviceAt(0);
const client = new Etcd3({ hosts: `http://${endpoint}` });
const next = random(2);

for (let i = 1; i <= Number(puts); i++) {
  const address = `10.9.${i >> 8}.${i & 255}`;
  const value = JSON.stringify({ host: address, port: 8080, ttl: 60 });
  const sent = monotonicMs();
  await client.put(key).value(value);
  process.stdout.write(`${JSON.stringify({ address, sent, acknowledged: monotonicMs() })}\n`);
  await delay(10 + next() * 10);
}
client.close();
