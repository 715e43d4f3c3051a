// Run as `node churn-writer.ts HOST:PORT RATE SECONDS`: that many changes a second into etcd, so many to a transaction,
// on a schedule that does not wait for the answers. Prints JSON: changes, transactions, seconds that they really took.
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Etcd3 } from 'etcd3';
import { changes, newRandom } from '../churn-names.ts';

const PER_TRANSACTION = 100;
/** Transactions under way; beyond it etcd does not keep up, and the schedule slips (which the seconds show). */
const MOST_UNDER_WAY = 64;

const [endpoint, rate, seconds] = process.argv.slice(2) as [string, string, string];
const client = new Etcd3({ hosts: `http://${endpoint}` });
const next = newRandom();
const transactions = Math.ceil((Number(rate) * Number(seconds)) / PER_TRANSACTION);
const everyMs = (1_000 * PER_TRANSACTION) / Number(rate);
const underWay = new Set<Promise<unknown>>();

async function commit(): Promise<void> {
  const operations = changes(PER_TRANSACTION, next).map(({ key, value }) =>
    value === undefined ? client.delete().key(key) : client.put(key).value(value),
  );
  await client
    .if('/fingerpost-bench', 'Version', '==', 0)
    .then(...operations)
    .commit();
}

const begun = performance.now();
for (let i = 0; i < transactions; i++) {
  const early = begun + i * everyMs - performance.now();
  if (early > 0) await delay(early);
  while (underWay.size >= MOST_UNDER_WAY) await Promise.race(underWay);
  const one: Promise<unknown> = commit().finally(() => underWay.delete(one));
  underWay.add(one);
}
await Promise.all(underWay);
const took = (performance.now() - begun) / 1_000;
process.stdout.write(
  `${JSON.stringify({ changes: transactions * PER_TRANSACTION, transactions, seconds: took })}\n`,
);
client.close();
