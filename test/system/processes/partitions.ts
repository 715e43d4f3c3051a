// Run in the namespace of etcd: partitions between it and the namespace of the server, packet by packet. Prints one row of
// the fault matrix a line, as JSON.
// usage: node partitions.ts NAMESPACE-OF-ETCD NAMESPACE-OF-THE-SERVER
import { spawnSync } from 'node:child_process';
import { MAIN, Running } from '../../support/program.ts';
import { type Fault, Trial } from '../../support/trial/trial.ts';

const [here = '', there = ''] = process.argv.slice(2);
const DEVICE = 'eth0';
/** A hardware address that nobody has: what is sent there is dropped, and nobody is told. */
const NOBODY = '02:00:00:00:00:01';
/** Each member has a pair of addresses of its own, so that it can be cut off alone, and in one direction. */
const MEMBERS = [1, 2, 3];
const ofMember = (i: number) => `10.77.0.${10 + i}`;
const ofServerTo = (i: number) => `10.77.0.${20 + i}`;
const SERVER = '10.77.0.2';

function ip(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
}

for (const i of MEMBERS) {
  ip('-n', here, 'addr', 'add', `${ofMember(i)}/32`, 'dev', DEVICE);
  ip('-n', there, 'addr', 'add', `${ofServerTo(i)}/32`, 'dev', DEVICE);
  ip('-n', here, 'route', 'add', `${ofServerTo(i)}/32`, 'dev', DEVICE, 'src', ofMember(i));
  ip('-n', there, 'route', 'add', `${ofMember(i)}/32`, 'dev', DEVICE, 'src', ofServerTo(i));
}

/** What the server sends to a member (`up`) or what that sends to the server is lost from now on, or no longer. */
function lose(way: 'up' | 'down', i: number, yes: boolean): void {
  const [namespace, address] = way === 'up' ? [there, ofMember(i)] : [here, ofServerTo(i)];
  const entry = [address, 'dev', DEVICE];
  if (yes) ip('-n', namespace, 'neigh', 'replace', ...entry, 'lladdr', NOBODY, 'nud', 'permanent');
  else ip('-n', namespace, 'neigh', 'del', ...entry);
}

function loseAll(yes: boolean, ...ways: readonly ('up' | 'down')[]): void {
  for (const way of ways) for (const i of MEMBERS) lose(way, i, yes);
}

const trial = await Trial.start({
  host: SERVER,
  lineHosts: MEMBERS.map(ofMember),
  start: (args, cwd) => new Running('ip', ['netns', 'exec', there, process.execPath, MAIN, ...args], { cwd }),
});

const FAULTS: Readonly<Record<string, Fault>> = {
  'partition from the member that we use': async () => {
    const i = trial.cluster.members.indexOf(trial.used()) + 1;
    for (const way of ['up', 'down'] as const) lose(way, i, true);
    await trial.fresh();
    return () => {
      for (const way of ['up', 'down'] as const) lose(way, i, false);
    };
  },
  'partition from the leader': async () => {
    const i = trial.cluster.members.indexOf(await trial.cluster.leader()) + 1;
    for (const way of ['up', 'down'] as const) lose(way, i, true);
    await trial.fresh();
    return () => {
      for (const way of ['up', 'down'] as const) lose(way, i, false);
    };
  },
  'partition from all': async () => {
    loseAll(true, 'up', 'down');
    await trial.state('stale');
    await trial.asked(300);
    return () => loseAll(false, 'up', 'down');
  },
  'loss of all packets to etcd': async () => {
    loseAll(true, 'up');
    await trial.state('stale');
    await trial.asked(300);
    return () => loseAll(false, 'up');
  },
  'loss of all packets from etcd, which compacts': async () => {
    loseAll(true, 'down');
    await trial.state('stale');
    await trial.compact(await trial.writer.next());
    return () => loseAll(false, 'down');
  },
};

try {
  for (const [what, make] of Object.entries(FAULTS))
    process.stdout.write(`${JSON.stringify(await trial.fault(what, make))}\n`);
} finally {
  await trial.close();
}
