// The fault matrix: leases run out in masses, and hostile packets come all the while that etcd is lost and found.
import { setTimeout as delay } from 'node:timers/promises';
import { Matrix } from '../support/trial/matrix.ts';
import { hostileTcp, hostileUdp, leaseStorm, stormKeys } from '../support/trial/storms.ts';
import { type Trial, until } from '../support/trial/trial.ts';

// 20,000 leases and a million packets take minutes: that is what `npm run bench -- endurance` has them for.
const STORM = { leases: 500, shared: 2_000, ttl: 5 };
const PACKETS = 20_000;
const CONNECTIONS = 200;

// With the guard they would be held for a minute: test/system/expiry.test.ts shows that.
const matrix = new Matrix(() => ({ flags: ['--expiry-guard', 'off'] }));

matrix.fault('2,500 services whose leases run out at once', async (trial) => {
  const { endpoint } = await trial.cluster.leader();
  const services = () => trial.server.metric('fingerpost_services');
  const before = await services();
  await leaseStorm(endpoint, STORM);
  await until('the last of them is known', async () => (await services()) > before);
  await until('etcd has ended them', async () => (await stormKeys(endpoint)) === 0);
  return () => until('they are gone', async () => (await services()) === before);
});

/** Loses etcd and finds it again until told to stop. */
async function flap(trial: Trial, ended: () => boolean): Promise<void> {
  while (!ended()) {
    for (const line of trial.lines) await line.cut();
    await delay(500);
    for (const line of trial.lines) await line.open();
    await delay(1_000);
  }
}

matrix.fault(`${PACKETS} hostile packets over UDP and TCP while etcd is lost and found`, async (trial) => {
  const at = trial.server.address;
  let ended = false;
  const flapping = flap(trial, () => ended);
  const over = [hostileUdp(at, PACKETS, 7, () => trial.asked(10)), hostileTcp(at, CONNECTIONS, 8)];
  await Promise.all(over).finally(() => {
    ended = true;
  });
  return () => flapping;
});
