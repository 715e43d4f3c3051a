// Servers that are asked for the same names: those of --forward, or those of one stub zone.
import { addressText } from '../wire/address.ts';
import type { ServerAddress } from './deps.ts';
import type { UpstreamServer } from './server.ts';

export interface Member {
  readonly server: UpstreamServer;
  /** It leads back to us, so it is not asked. */
  loops: boolean;
}

/** Gives out the one object that stands for a server, and takes it back. */
export interface ServerSource {
  take(address: ServerAddress): UpstreamServer;
  giveBack(server: UpstreamServer): void;
}

export interface GroupOptions {
  /** For the log and health: `forward`, `stub example.com`. */
  readonly name: string;
  /** Its questions are those of a stub zone, and say so. */
  readonly stub?: boolean;
}

export class ServerGroup {
  readonly name: string;
  readonly stub: boolean;
  /** Sets its questions apart from those of other groups. */
  readonly number: number;
  readonly #source: ServerSource;
  readonly #changed: () => void;
  #members: readonly Member[] = [];

  /** `changed` is called when its servers have changed. */
  constructor(options: GroupOptions, number: number, source: ServerSource, changed: () => void) {
    this.name = options.name;
    this.stub = options.stub === true;
    this.number = number;
    this.#source = source;
    this.#changed = changed;
  }

  get members(): readonly Member[] {
    return this.#members;
  }

  /** Takes other servers from now on; what is known of those that stay is kept. */
  replace(addresses: readonly ServerAddress[]): void {
    const old = this.#members;
    const wanted = new Map(addresses.map((address) => [addressText(address), address]));
    // Taken before the old ones are given back, so that those in both are kept.
    this.#members = [...wanted.values()].map((address) => {
      const server = this.#source.take(address);
      return old.find((member) => member.server === server) ?? { server, loops: false };
    });
    for (const { server } of old) this.#source.giveBack(server);
    this.#changed();
  }

  /** Why `servers` has nobody to ask, where that is so. */
  get lack(): 'loop' | 'unreachable' {
    return this.#members.length > 0 ? 'loop' : 'unreachable';
  }

  /** Whom to ask, the best first. */
  servers(): UpstreamServer[] {
    const servers = this.#members.filter(({ loops }) => !loops).map(({ server }) => server);
    if (servers.length < 2) return servers;
    return servers
      .map((server) => ({ server, cost: server.standing.cost }))
      .sort((a, b) => a.cost - b.cost)
      .map(({ server }) => server);
  }
}
