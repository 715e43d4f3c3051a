// fingerpost put: one record written, if the server would serve it.
import { FingerpostError } from '../base/errors.ts';
import type { Registry } from '../registry/registry.ts';
import type { Lease } from '../service/entry.ts';
import type { Call, CommandSpec } from './command.ts';
import { writeOf } from './record.ts';
import { prefixOf, withRegistry } from './registry.ts';
import { declareWait, waitFor, waitSeconds } from './waiting.ts';

/** etcd grants up to 9,000,000,000 s, but what a lease limits is a TTL. */
const MAX_LEASE = 2 ** 31 - 1;

function leaseSeconds(given: unknown): number | undefined {
  if (given === undefined) return undefined;
  const seconds = /^\d+$/.test(String(given)) ? Number(given) : 0;
  if (seconds >= 1 && seconds <= MAX_LEASE) return seconds;
  throw new FingerpostError(
    'usage',
    `--lease: read ${JSON.stringify(given)}, allowed: a whole number of seconds from 1 to ${MAX_LEASE}`,
  );
}

/** Writes under a new lease; a lease whose write failed is not left behind. */
async function underLease<T>(
  registry: Registry,
  ttl: number,
  write: (lease: Lease) => Promise<T>,
): Promise<T> {
  const lease = await registry.grant(ttl);
  try {
    return await write(lease);
  } catch (error) {
    await registry.revoke(lease.id).catch(() => {});
    throw error;
  }
}

async function run(call: Call): Promise<number> {
  const {
    arguments: [name = '', json = ''],
    own,
    options,
    terminal,
  } = call;
  const ttl = leaseSeconds(own.lease);
  const patience = waitSeconds(own);
  // Checked before the registry is touched, or asked for.
  const write = writeOf(prefixOf(options), options, name, json.trim());
  return withRegistry(options, async (registry) => {
    if (ttl === undefined) {
      const revision = await registry.commit([write]);
      terminal.out(`put ${name} (revision ${revision})`);
      return waitFor(registry, revision, patience, call);
    }
    const revision = await underLease(registry, ttl, async (lease) => {
      const written = await registry.commit([{ ...write, lease: lease.id }]);
      terminal.out(`put ${name} (revision ${written})`);
      terminal.out(`it expires in ${lease.ttl} s unless lease ${lease.id} is kept alive`);
      return written;
    });
    return waitFor(registry, revision, patience, call);
  });
}

export const put: CommandSpec = {
  name: 'put',
  summary: 'write one service, if the server would serve it',
  more: 'JSON is an object with any of host, port, priority, weight, text, mail, ttl, targetstrip and group.',
  examples: [
    `put 1.rails.skydns.local '{"host": "10.0.1.125", "port": 8080}'`,
    `put --lease 60 2.rails.skydns.local '{"host": "10.0.1.126", "port": 8080}'`,
    `put --wait --wait-timeout 30 3.rails.skydns.local '{"host": "10.0.1.127", "port": 8080}'`,
    `put --registry etcd://127.0.0.1:2379 db.skydns.local '{"host": "db1.example.com", "ttl": 60}'`,
  ],
  groups: ['registry', 'zone'],
  declare: (command) =>
    declareWait(
      command
        .argument('<name>', 'the name of the service')
        .argument('<json>', 'the service, a JSON object')
        .option('--lease <s>', 'let it expire after so many seconds'),
    ),
  run,
};
