// The fault matrix: the network between the server and etcd is silent, broken, or slow, in one direction or both.
import type { Way } from '../support/line.ts';
import { Matrix } from '../support/trial/matrix.ts';
import type { Trial } from '../support/trial/trial.ts';

const matrix = new Matrix();

/** Whether `ways` of the lines to all members are silent. */
function silence(trial: Trial, yes: boolean, ...ways: Way[]): void {
  for (const line of trial.lines) line.silence(yes, ...ways);
}

matrix.fault('no line to the leader', async (trial) => {
  const line = trial.lineTo(await trial.cluster.leader());
  line.silence(true);
  await trial.fresh(); // over another member, which has the leader
  return () => line.silence(false);
});

matrix.fault('no line to the member that we use', async (trial) => {
  const line = trial.lineTo(trial.used());
  line.silence(true);
  await trial.fresh();
  return () => line.silence(false);
});

matrix.fault('no line to any member', async (trial) => {
  silence(trial, true);
  await trial.state('stale');
  await trial.asked(500);
  return () => silence(trial, false);
});

matrix.fault('nothing that we say is heard', async (trial) => {
  silence(trial, true, 'up');
  await trial.fresh(); // etcd goes on to tell what happens
  await trial.asked(500);
  return () => silence(trial, false);
});

matrix.fault('nothing that etcd says is heard', async (trial) => {
  silence(trial, true, 'down');
  await trial.state('stale');
  return () => silence(trial, false);
});

matrix.fault('connections break and are refused', async (trial) => {
  for (const line of trial.lines) await line.cut();
  await trial.state('stale');
  return () => Promise.all(trial.lines.map((line) => line.open()));
});

matrix.fault('connections break again and again', async (trial) => {
  for (let i = 0; i < 20; i++) {
    for (const line of trial.lines) await line.cut();
    await trial.asked(20);
    for (const line of trial.lines) await line.open();
    await trial.asked(20 + 10 * i);
  }
  return () => {};
});

matrix.fault('compaction while cut off', async (trial) => {
  for (const line of trial.lines) await line.cut();
  await trial.state('stale');
  const n = await trial.writer.next();
  await trial.compact(n);
  return () => Promise.all(trial.lines.map((line) => line.open()));
});

matrix.fault('an etcd that answers after 5 s', async (trial) => {
  for (const line of trial.lines) line.slow('down', 5_000);
  await trial.fresh(); // late, but all of it
  return () => {
    for (const line of trial.lines) line.slow('down', 0);
  };
});
