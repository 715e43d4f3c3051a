// Run as `node bare-read.ts HOST:PORT PREFIX`: reads all keys below the prefix with etcd3, 10,000 a page, all pages at
// one revision, and nothing else. Prints JSON: keys read, milliseconds from the connect on.
import { performance } from 'node:perf_hooks';
import { Etcd3 } from 'etcd3';

const PAGE = 10_000;
const [endpoint, prefix] = process.argv.slice(2) as [string, string];
const client = new Etcd3({ hosts: `http://${endpoint}` });
const begun = performance.now();
const end = Buffer.from(`${prefix}0`);
let start: Buffer = Buffer.from(`${prefix}/`);
let revision = 0;
let keys = 0;
for (;;) {
  const page = await client.kv.range({ key: start, range_end: end, limit: PAGE, revision });
  revision ||= Number(page.header.revision);
  keys += page.kvs.length;
  const last = page.kvs.at(-1);
  if (!page.more || last === undefined) break;
  start = Buffer.concat([last.key, Buffer.of(0)]);
}
process.stdout.write(`${JSON.stringify({ keys, ms: performance.now() - begun })}\n`);
client.close();
