// Explanations over HTTP: the parts of the server that they look at, joined.
import { explainOperation } from '../api/explain.ts';
import type { Operation } from '../api/operation.ts';
import type { Clock } from '../base/clock.ts';
import type { GuardMemory } from '../guard/guard.ts';
import type { Answerer } from '../query/answerer.ts';
import { Explainer } from '../query/explain/explainer.ts';
import { TableFront } from '../table/front.ts';
import type { TableMemory } from '../table/layout.ts';
import type { Ages } from '../zone/ages.ts';
import type { Contents } from '../zone/contents.ts';
import { type Standing, wordOf } from './feed.ts';
import type { Forwarding } from './forwarding.ts';

export interface ExplainingParts {
  readonly contents: Contents;
  readonly answerer: Answerer;
  readonly forwarding: Forwarding;
  readonly table: TableMemory;
  readonly guard: GuardMemory;
  readonly ages: Ages;
  readonly standing: () => Standing;
  /** The default TTL, in seconds. */
  readonly ttl: () => number;
  /** That of the cache of other servers' answers. */
  readonly clock: Clock;
}

export function explaining({ forwarding, table, guard, standing, ...rest }: ExplainingParts): Operation {
  const explainer = new Explainer({
    ...rest,
    beyond: (witness) => forwarding.watched(witness),
    front: new TableFront(table, guard),
    standing: () => {
      const now = standing();
      return { state: wordOf(now), since: now.state.kind === 'stale' ? now.state.since : undefined };
    },
  });
  return explainOperation((question) => explainer.explain(question));
}
