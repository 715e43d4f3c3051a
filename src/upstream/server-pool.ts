// The servers that are in use, each once, however many groups ask it.
import { addressText } from '../wire/address.ts';
import type { ServerAddress, UpstreamDeps } from './deps.ts';
import type { ServerSource } from './group.ts';
import type { RandomWords } from './random.ts';
import { UpstreamServer } from './server.ts';

export class ServerPool implements ServerSource {
  readonly #random: RandomWords;
  readonly #deps: UpstreamDeps;
  readonly #servers = new Map<string, { readonly server: UpstreamServer; users: number }>();

  constructor(random: RandomWords, deps: UpstreamDeps) {
    this.#random = random;
    this.#deps = deps;
  }

  take(address: ServerAddress): UpstreamServer {
    const text = addressText(address);
    const known = this.#servers.get(text);
    if (known !== undefined) {
      known.users += 1;
      return known.server;
    }
    const server = new UpstreamServer(address, this.#random, this.#deps);
    this.#servers.set(text, { server, users: 1 });
    return server;
  }

  giveBack(server: UpstreamServer): void {
    const known = this.#servers.get(server.text);
    if (known?.server !== server) return;
    known.users -= 1;
    if (known.users > 0) return;
    this.#servers.delete(server.text);
    server.close();
  }

  close(): void {
    for (const { server } of this.#servers.values()) server.close();
    this.#servers.clear();
  }
}
