// A pool of UDP workers that gives up root, loses a worker, and tells the rights of every thread once it has another one.
// usage: node replaced-worker.ts USER
import { readdirSync, readFileSync } from 'node:fs';
import { takeUser } from '../../../src/app/privileges.ts';
import { UdpPool } from '../../../src/transport/udp-batch/pool.ts';
import { packet } from '../../table/questions.ts';
import { World } from '../../table/world.ts';
import { countingDeps, until } from '../../transport/support.ts';
import { Client, RECORDS, rcode } from '../../transport/udp-batch-support.ts';

const privileges = takeUser(process.argv[2]);
const { deps } = countingDeps();
const world = new World().load(RECORDS);
const pool = new UdpPool(
  { table: world.table.memory, respond: world.respond, workers: 2 },
  { ...deps, bind: privileges.bind },
);
const listening = await pool.open({ host: '127.0.0.1', port: 0 });
privileges.drop();
await pool.threads[0]?.terminate();
await until(() => pool.alive === 2, 'another one is there');
const client = await Client.to({ host: '127.0.0.1', port: listening.port });
const answer = rcode(await client.ask(packet({ name: 'web.z' }), 20));
const threads = readdirSync('/proc/self/task').map((id) =>
  readFileSync(`/proc/self/task/${id}/status`, 'utf8'),
);
console.log(JSON.stringify({ answer, replaced: pool.replaced, threads }));
client.close();
await listening.close();
