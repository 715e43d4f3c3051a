// The contract over HTTP: another server's API before a real embedded registry.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { HttpRegistry } from '../../src/registry/http.ts';
import { SqliteRegistry } from '../../src/registry/sqlite.ts';
import { startApi, type TestApi } from '../support/api.ts';
import { registryContract } from './contract.ts';

const deps = { logger: silent, clock: realClock };

registryContract('another server over HTTP', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fingerpost-http-'));
  const path = join(folder, 'registry.db');
  const servers = new Map<string, Promise<TestApi>>();
  const serverOf = (prefix: string) => {
    const server =
      servers.get(prefix) ?? startApi(new SqliteRegistry({ url: `sqlite:${path}`, prefix, path }, deps));
    servers.set(prefix, server);
    return server;
  };
  return {
    open: async (prefix) => {
      const { origin } = await serverOf(prefix);
      return new HttpRegistry({ url: `${origin}${prefix}`, prefix, origin }, deps);
    },
    remove: async () => {
      for (const server of servers.values()) await (await server).close();
      await rm(folder, { recursive: true, force: true });
    },
  };
});
