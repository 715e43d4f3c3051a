// The fault matrix: the server itself is ended, killed, stopped, and started again, in each of its states.
import { Matrix } from '../support/trial/matrix.ts';

const matrix = new Matrix();

matrix.fault('restart while synced', async (trial) => {
  await trial.restart();
  return () => trial.state('synced');
});

matrix.fault('kill -9 while synced', async (trial) => {
  await trial.killServer();
  return () => trial.state('synced');
});

matrix.fault('restart while stale', async (trial) => {
  for (const line of trial.lines) await line.cut();
  await trial.state('stale');
  await trial.restart();
  await trial.asked(300);
  return () => Promise.all(trial.lines.map((line) => line.open()));
});

matrix.fault('kill -9 while stale', async (trial) => {
  for (const line of trial.lines) await line.cut();
  await trial.state('stale');
  await trial.killServer();
  await trial.asked(300);
  return () => Promise.all(trial.lines.map((line) => line.open()));
});

matrix.fault('kill -9 as soon as it has started, again and again', async (trial) => {
  for (let i = 0; i < 3; i++) await trial.killServer();
  return () => trial.state('synced');
});

matrix.fault('restart while stale, and what it missed is compacted', async (trial) => {
  for (const line of trial.lines) await line.cut();
  await trial.state('stale');
  await trial.compact(await trial.writer.next());
  await trial.restart();
  await trial.asked(300);
  return () => Promise.all(trial.lines.map((line) => line.open()));
});

matrix.fault('SIGSTOP of the server', async (trial) => {
  const { program } = trial.server;
  program.signal('SIGSTOP');
  const n = await trial.writer.next();
  await trial.compact(n);
  return () => program.signal('SIGCONT');
});
