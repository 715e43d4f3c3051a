// The contract on a real etcd.
import { realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { EtcdRegistry } from '../../src/registry/etcd.ts';
import { startEtcd } from '../support/etcd.ts';
import { registryContract } from './contract.ts';

registryContract('etcd', async () => {
  const etcd = await startEtcd();
  return {
    open: async (prefix) =>
      new EtcdRegistry(
        { url: `etcd://${etcd.endpoint}${prefix}`, prefix, hosts: [etcd.endpoint] },
        { logger: silent, clock: realClock },
      ),
    remove: () => etcd.remove(),
  };
});
