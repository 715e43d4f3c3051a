// What lies beyond the zones, as the answerer sees it, but nobody is asked: what the cache has counts, and who would be asked is told.
import type { Clock } from '../base/clock.ts';
import type { Resolver } from '../upstream/cache-resolver.ts';
import type { ServerGroup } from '../upstream/group.ts';
import type { Upstreamed } from '../upstream/upstreamed.ts';
import type { Query } from '../wire/query.ts';
import type { Contents } from '../zone/contents.ts';
import type { Beyond } from './answerer.ts';
import { Externals } from './externals.ts';
import { Typed } from './typed.ts';
import type { QueryWitness } from './witness.ts';

export interface DeafParts {
  readonly contents: Contents;
  readonly resolver: Resolver;
  readonly clock: Clock;
}

/** The same code as `beyond`, over a resolver that leaves no trace and servers that fail at once. */
export function deafBeyond(
  beyond: Beyond,
  { contents, resolver, clock }: DeafParts,
  witness: QueryWitness,
): Beyond {
  const deaf = new Deaf(resolver, witness);
  const outside = beyond.outside.with({ forwarder: deaf, resolver: deaf, keep: () => {}, witness });
  const externals = new Externals(outside, beyond.externals.timeoutMs, clock);
  const typed = new Typed(beyond.typed.search, { contents, outside, externals, clock });
  return { outside, externals, typed };
}

class Deaf {
  readonly #resolver: Resolver;
  readonly #witness: QueryWitness;
  /** Who would be asked, since it was last looked at. */
  #wanted: ServerGroup | undefined;

  constructor(resolver: Resolver, witness: QueryWitness) {
    this.#resolver = resolver;
    this.#witness = witness;
  }

  isOwnProbe(): boolean {
    return false;
  }

  resolve(...[request, query, ask]: Parameters<Resolver['resolve']>): ReturnType<Resolver['resolve']> {
    const name = query.name();
    const { type } = query;
    const peeking = this.#resolver.peeking((entry) => this.#witness({ kind: 'cache', name, type, entry }));
    const outcome = peeking.resolve(request, query, ask);
    const group = this.#wanted;
    this.#wanted = undefined;
    const background = !(outcome instanceof Promise);
    if (group !== undefined) this.#witness({ kind: 'ask', name, type, group, background });
    return outcome;
  }

  forward(
    _request: Uint8Array,
    _query: Query,
    _client: string | undefined,
    group: ServerGroup,
  ): Promise<Upstreamed> {
    if (group.servers().length === 0) return Promise.resolve({ kind: group.lack });
    this.#wanted = group;
    return Promise.resolve({ kind: 'unreachable' });
  }
}
