// The HTTP API of a server: what it may be asked is that server's registry, its zones and its token.
import { type Access, isLoopback } from '../api/access.ts';
import { apiRoutes } from '../api/api.ts';
import { EventHub } from '../api/event-hub.ts';
import type { Operation } from '../api/operation.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Routes } from '../observe/http.ts';
import type { Registry, RegistrySink } from '../registry/registry.ts';
import type { Zones } from '../zone/zones.ts';
import type { AppliedWord } from './applied.ts';
import type { Options } from './config.ts';
import { apiTokenIn } from './options/api-token.ts';
import { VERSION } from './version.ts';

export type ApiOptions = Pick<Options, 'apiTokenFile' | 'http' | 'zone'>;

export interface ServerApiDeps {
  readonly registry: () => Registry | undefined;
  readonly applied: AppliedWord;
  readonly zones: Zones;
  /** What else is offered in the same way. */
  readonly more: readonly Operation[];
  readonly logger: Logger;
  readonly clock: Clock;
}

export class ServerApi {
  readonly routes: Routes;
  readonly #hub = new EventHub();
  #access: Access;

  /** Reads the token's file. Throws a FingerpostError `config`. */
  constructor(options: ApiOptions, { applied, zones, ...deps }: ServerApiDeps) {
    this.#access = accessOf(options);
    this.routes = apiRoutes({
      ...deps,
      wait: (revision, ms) => applied.wait(revision, ms),
      hub: this.#hub,
      inZone: (labels) => zones.of(labels) !== undefined,
      zones: options.zone.map(({ name }) => name).join(', '),
      access: () => this.#access,
      version: VERSION,
    });
  }

  /** Reads the token's file again. Throws a FingerpostError `config`, and changes nothing then. */
  configure(options: ApiOptions): void {
    this.#access = accessOf(options);
  }

  /** A sink that hands on to `sink`, and then to those that follow events. */
  behind(sink: RegistrySink): RegistrySink {
    const hub = this.#hub;
    return {
      listing: (revision, keys) => sink.listing(revision, keys),
      page: (entries) => sink.page(entries),
      listed(revision) {
        sink.listed(revision);
        hub.listed(revision);
      },
      batch(batch) {
        sink.batch(batch);
        hub.batch(batch);
      },
      position: (position) => sink.position(position),
      reached: (revision) => sink.reached?.(revision),
      state(state) {
        sink.state(state);
        hub.state(state);
      },
    };
  }
}

function accessOf({ apiTokenFile, http }: ApiOptions): Access {
  return { token: apiTokenIn(apiTokenFile), isLoopback: http !== 'off' && isLoopback(http.host) };
}
