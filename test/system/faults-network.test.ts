// The fault matrix: connections between the server and etcd break, are silent, or slow.
import { Matrix } from '../support/trial/matrix.ts';

const matrix = new Matrix();

matrix.fault('no line to the leader', async (trial) => {
  const line = trial.lineTo(await trial.cluster.leader());
  line.silence(true);
  await trial.fresh(); // over another member, which has the leader
  return () => line.silence(false);
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
