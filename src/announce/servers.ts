// Whether the servers answer with what was announced, and no longer with what was taken out: waited for, and told.
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { notEverywhere } from '../registry/applied.ts';
import type { Registry } from '../registry/registry.ts';

/** Waits until all live servers have a revision in their answers, and says what came of it; true where they have. Never rejects. */
export type AwaitServers = (revision: number) => Promise<boolean>;

/** `seconds`: how long to wait at most. */
export function awaitingServers(registry: Registry, seconds: number, logger: Logger): AwaitServers {
  return async (revision) => {
    try {
      const waited = await registry.waitApplied(revision, seconds * 1000);
      const servers = waited.servers.length;
      if (waited.everywhere)
        logger.info({ revision, servers }, `all live servers answer with revision ${revision}: ${servers}`);
      else logger.warn({ revision, servers }, notEverywhere(waited, revision, seconds));
      return waited.everywhere;
    } catch (thrown) {
      const cause = messageOf(thrown);
      logger.warn({ revision, cause }, `not known whether all live servers answer with revision ${revision}`);
      return false;
    }
  };
}
