// Which member to use: all are asked at once, and the first that can serve and belongs to the right cluster is taken.
import type { Member, Said } from './etcd-member.ts';

/** What a member said; undefined while it has said nothing. */
export type Word = Said | { readonly failed: unknown } | undefined;

export interface Choice {
  /** Rejects with what all said when nobody fits. */
  readonly made: Promise<Member>;
  /** Resolves when all have answered or failed. */
  readonly all: Promise<readonly Word[]>;
}

/** How long a word of the others, or of one that did not fail lately, is waited for once there is one. */
const GRACE_MS = 1_000;
/** A member that failed so long ago is as good as any. */
const FORGIVEN_MS = 30_000;

/** Nobody fits; `words` in the order of the members. */
export class NobodyFits extends Error {
  readonly words: readonly Word[];

  constructor(words: readonly Word[]) {
    super('no member fits');
    this.words = words;
  }
}

/**
 * The cluster that is meant by hosts of which some may belong to another: the one that more than half of all the hosts
 * name, else the one that was used so far. Where there is no such one yet, it is the one that most name (the first of
 * them), once all who may answer have. Undefined: none, or not yet.
 */
export function clusterMeant(
  named: readonly (string | undefined)[],
  known: string | undefined,
  isAll: boolean,
): string | undefined {
  const counts = new Map<string, number>();
  for (const id of named) if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  if (most !== undefined && most[1] * 2 > named.length) return most[0];
  if (known !== undefined) return counts.has(known) ? known : undefined;
  return isAll ? most?.[0] : undefined;
}

export function clusterOf(word: Word): string | undefined {
  return word !== undefined && 'cluster' in word ? word.cluster : undefined;
}

/** Asks all members, each for at most `ms`; `known` is the cluster that was used so far. */
export function choose(members: readonly Member[], known: string | undefined, ms: number): Choice {
  const words: Word[] = members.map(() => undefined);
  const came: Member[] = [];
  const { promise: made, resolve, reject } = Promise.withResolvers<Member>();
  let late: NodeJS.Timeout | undefined;
  const look = (isLate: boolean) => {
    const waiting = words.includes(undefined);
    const cluster = clusterMeant(words.map(clusterOf), known, isLate || !waiting);
    const fits = came.filter((member) => {
      const own = clusterOf(words[members.indexOf(member)]);
      return own === undefined ? cluster === undefined || !waiting : own === cluster;
    });
    const best = fits.sort((a, b) => a.failedAt - b.failedAt)[0];
    const isDoubtful = best !== undefined && performance.now() - best.failedAt < FORGIVEN_MS;
    if (best !== undefined && (!isDoubtful || isLate || !waiting)) resolve(best);
    else if (!waiting) reject(new NobodyFits(words));
  };
  const ask = async (member: Member, place: number): Promise<void> => {
    try {
      words[place] = await member.ask(ms);
      came.push(member);
      late ??= setTimeout(look, GRACE_MS, true);
    } catch (failed) {
      words[place] = { failed };
    }
    look(false);
  };
  const all = Promise.all(members.map(ask)).then(() => {
    clearTimeout(late);
    return words;
  });
  return { made, all };
}
