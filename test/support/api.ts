// The HTTP API over a real registry, on a real port: what a server joins, without the DNS.
import type { Access } from '../../src/api/access.ts';
import { apiRoutes } from '../../src/api/api.ts';
import { EventHub } from '../../src/api/event-hub.ts';
import { realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { startHttp } from '../../src/observe/http.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { Zones } from '../../src/zone/zones.ts';

export interface TestApi {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly registry: Registry;
  /** Ends with its registry. */
  close(): Promise<void>;
}

const LOOPBACK: Access = { token: undefined, isLoopback: true };

/** Serves `registry`, which it watches, for the zone skydns.local. */
export async function startApi(registry: Registry, access: Access = LOOPBACK): Promise<TestApi> {
  const hub = new EventHub();
  const zones = new Zones([{ name: 'skydns.local' }]);
  const routes = apiRoutes({
    registry: () => registry,
    hub,
    wait: (revision, ms) => registry.waitApplied(revision, ms),
    inZone: (labels) => zones.of(labels) !== undefined,
    zones: 'skydns.local',
    access: () => access,
    version: '0.0.0',
    logger: silent,
    clock: realClock,
  });
  registry.watch(hub);
  const health = () => ({ registry: registry.url, state: 'synced', revision: 0 }) as const;
  const http = await startHttp(
    { host: '127.0.0.1', port: 0 },
    { metrics: createMetrics({ process: false }), health, routes: [routes] },
  );
  return {
    origin: `http://127.0.0.1:${http.address.port}`,
    registry,
    async close() {
      await http.close();
      await registry.close();
    },
  };
}
