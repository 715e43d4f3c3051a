// The fault matrix: members of etcd die or stand still, while it is written to and every answer is judged.
import { Matrix } from '../support/trial/matrix.ts';

const matrix = new Matrix();

matrix.fault('kill -9 of the leader', async (trial) => {
  const leader = await trial.cluster.leader();
  await leader.kill();
  await trial.fresh(); // the others go on, and so do we
  return () => leader.start();
});

matrix.fault('kill -9 of a follower', async (trial) => {
  const follower = await trial.cluster.follower();
  await follower.kill();
  await trial.fresh();
  return () => follower.start();
});

matrix.fault('kill -9 of the member that we use', async (trial) => {
  const used = trial.used();
  await used.kill();
  await trial.fresh();
  return () => used.start();
});

matrix.fault('kill -9 of all', async (trial) => {
  const { members } = trial.cluster;
  await Promise.all(members.map((member) => member.kill()));
  await trial.state('stale');
  await trial.asked(500);
  return () => Promise.all(members.map((member) => member.start()));
});

matrix.fault('SIGSTOP of the leader', async (trial) => {
  const leader = await trial.cluster.leader();
  leader.freeze();
  await trial.fresh();
  return () => leader.thaw();
});

matrix.fault('SIGSTOP of the member that we use', async (trial) => {
  const used = trial.used();
  used.freeze();
  await trial.fresh();
  return () => used.thaw();
});

matrix.fault('SIGSTOP of all', async (trial) => {
  const { members } = trial.cluster;
  for (const member of members) member.freeze();
  await trial.state('stale');
  await trial.asked(500);
  return () => {
    for (const member of members) member.thaw();
  };
});
