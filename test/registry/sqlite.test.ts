// The contract on SQLite, and what only a file can do: other processes, crashes, a bounded log, foreign files.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { SqliteRegistry } from '../../src/registry/sqlite.ts';
import { registryContract } from './contract.ts';

registryContract('sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fingerpost-sqlite-'));
  const path = join(folder, 'registry.db');
  return {
    open: async (prefix) =>
      new SqliteRegistry({ url: `sqlite:${path}`, prefix, path }, { logger: silent, clock: realClock }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
});
