// Run as `node watcher.ts HOST:PORT KEY`: prints `watching`, then for each put on the key the address in its value and
// when the event arrived, in milliseconds on the machine's monotonic clock.
import { Etcd3 } from 'etcd3';
import { monotonicMs } from '../harness/monotonic.ts';

const [endpoint, key] = process.argv.slice(2) as [string, string];
const client = new Etcd3({ hosts: `http://${endpoint}` });
const watcher = await client.watch().key(key).create();
watcher.on('put', ({ value }) => {
  const at = monotonicMs();
  const { host: address } = JSON.parse(value.toString()) as { host: string };
  process.stdout.write(`${JSON.stringify({ address, at })}\n`);
});
process.stdout.write('watching\n');
