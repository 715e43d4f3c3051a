// Run as `node mix-changer.ts HOST:PORT DNS-PORT SERVICES CHANGES CHECKS`: told `go` on stdin it makes so many changes a
// second to services at random, ten to a transaction, and asks so many questions a second about services that changed
// or did not, comparing each answer with the versions that it may show; told `stop`, it puts back what is gone and
// prints JSON: changes, seconds, answers, how many of them are wrong or more than a second
// late, the first of those, questions without an answer. Told `go elsewhere`, it does the same with keys that the server
// does not watch.
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Etcd3 } from 'etcd3';
import { Client, Type } from '../harness/ask.ts';
import { random } from '../harness/stats.ts';
import { isGone, isIpv6, keyOf, MOST_VERSIONS, nameOf, parentOf, recordOf } from '../mix-services.ts';
import { siblings, Versions, WrongAnswer } from '../versions.ts';

const AAAA = 28;
const PER_TRANSACTION = 10;
const MOST_UNDER_WAY = 32;
/** Half of the questions are about the services that changed last. */
const RECENT = 500;
const SHOWN = 5;

const [endpoint, dnsPort, ...numbers] = process.argv.slice(2) as [string, string, ...string[]];
const [services, changesPerSecond, checksPerSecond] = numbers.map(Number) as [number, number, number];
const etcd = new Etcd3({ hosts: `http://${endpoint}` });
const client = await Client.open(Number(dnsPort));
const next = random(7);
/** What is changed: the services that the server knows, or the same ones under a prefix that it does not watch. */
interface Changing {
  readonly prefix: string;
  readonly versions: Versions;
  readonly gone: Set<number>;
}

const changing = (prefix: string): Changing => ({
  prefix,
  versions: new Versions(services),
  gone: new Set(),
});
const served = changing('');
const elsewhere = changing('/elsewhere');
const recent: number[] = [];
const counts = { changes: 0, answers: 0, wrong: 0, late: 0, lost: 0, examples: [] as string[] };
let running = false;

const any = (): number => Math.floor(next() * services);

/** Different services, none of them changed a moment ago or too often. */
function chosen({ versions }: Changing, count: number): number[] {
  const some = new Set<number>();
  while (some.size < count) {
    const service = any();
    const isFree = versions.isSettled(service, performance.now());
    if (isFree && versions.of(service) < MOST_VERSIONS - 2) some.add(service);
  }
  return [...some];
}

/** The next version of each of these services, in one transaction. */
async function change({ prefix, versions, gone }: Changing, some: readonly number[]): Promise<void> {
  const operations = some.map((service) => {
    const version = versions.sending(service);
    const key = `${prefix}${keyOf(service)}`;
    if (!isGone(service, version)) {
      gone.delete(service);
      return etcd.put(key).value(recordOf(service, version));
    }
    gone.add(service);
    return etcd.delete().key(key);
  });
  await etcd
    .if('/fingerpost-bench', 'Version', '==', 0)
    .then(...operations)
    .commit();
  for (const service of some) versions.acknowledged(service, performance.now());
  counts.changes += some.length;
  recent.push(...some);
  recent.splice(0, recent.length - RECENT);
}

async function check(): Promise<void> {
  const service = next() < 0.5 ? (recent[Math.floor(next() * recent.length)] ?? any()) : any();
  const kind = next();
  const about = kind < 0.4 ? [service] : siblings(service);
  const name = kind < 0.4 ? nameOf(service) : parentOf(service);
  const type = kind < 0.7 ? (isIpv6(service) ? AAAA : Type.A) : Type.SRV;
  const lows = served.versions.lows(about, performance.now());
  const reply = await client.ask(name, type);
  if (reply === undefined) {
    counts.lost += 1;
    return;
  }
  counts.answers += 1;
  try {
    served.versions.check(about, lows, reply);
  } catch (error) {
    if (!(error instanceof WrongAnswer)) throw error;
    if (error.isLate) counts.late += 1;
    else counts.wrong += 1;
    if (counts.examples.length < SHOWN) counts.examples.push(error.message);
  }
}

/** Does something so often a second, on a schedule that does not wait for it, while `go` lasts; ends when all is done. */
async function repeat(perSecond: number, work: () => Promise<void>): Promise<void> {
  const underWay = new Set<Promise<unknown>>();
  const begun = performance.now();
  for (let done = 0; running; ) {
    const due = ((performance.now() - begun) * perSecond) / 1_000;
    for (; done < due && underWay.size < MOST_UNDER_WAY; done++) {
      const one: Promise<unknown> = work().finally(() => underWay.delete(one));
      underWay.add(one);
    }
    await delay(1);
  }
  await Promise.all(underWay);
}

async function run(what: Changing): Promise<void> {
  Object.assign(counts, { changes: 0, answers: 0, wrong: 0, late: 0, lost: 0, examples: [] });
  const begun = performance.now();
  const transaction = () => change(what, chosen(what, PER_TRANSACTION));
  process.stdout.write('changing\n');
  await Promise.all([
    repeat(changesPerSecond / PER_TRANSACTION, transaction),
    repeat(checksPerSecond, check),
  ]);
  const seconds = (performance.now() - begun) / 1_000;
  const result = JSON.stringify({ ...counts, seconds });
  for (const service of [...what.gone]) await change(what, [service]);
  process.stdout.write(`${result}\n`);
}

const lines = createInterface({ input: process.stdin });
let turn = Promise.resolve();
lines.on('line', (line) => {
  running = line !== 'stop';
  if (running) turn = turn.then(() => run(line === 'go' ? served : elsewhere));
});
process.stdout.write('waiting\n');
await once(lines, 'close');
client.close();
etcd.close();
