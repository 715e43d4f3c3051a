// What is kept of the registry's changes: the last ones, and no more than that.
import { describe, expect, it, vi } from 'vitest';
import { EventHub } from '../../src/api/event-hub.ts';
import type { Batch, Entry } from '../../src/service/entry.ts';

function batch(revision: number, value = 'x'): Batch {
  const entry: Entry = {
    key: `/skydns/${revision}`,
    value,
    revision,
    lease: undefined,
    writtenAt: undefined,
  };
  return { revision, changes: [{ kind: 'put', entry }] };
}

const revisions = (batches: readonly Batch[] | undefined) => batches?.map(({ revision }) => revision);

describe('the hub', () => {
  it('knows what came since a revision, and where it does not', () => {
    const hub = new EventHub();
    expect(hub.since(0)).toBeUndefined();
    hub.listed(10);
    for (const revision of [12, 15]) hub.batch(batch(revision));
    expect(revisions(hub.since(10))).toEqual([12, 15]);
    expect(revisions(hub.since(11))).toEqual([12, 15]);
    expect(revisions(hub.since(12))).toEqual([15]);
    expect(revisions(hub.since(15))).toEqual([]);
    expect(hub.since(9)).toBeUndefined();
    expect(hub.since(16)).toBeUndefined();
  });

  it('knows from its first change on what was not listed before', () => {
    const hub = new EventHub();
    hub.batch(batch(7));
    expect(revisions(hub.since(6))).toEqual([7]);
    expect(hub.since(5)).toBeUndefined();
  });

  it('forgets with a new list, and tells those that follow', () => {
    const hub = new EventHub();
    const lost = vi.fn();
    hub.add({ batch: () => {}, state: () => {}, lost });
    hub.listed(1);
    hub.batch(batch(2));
    hub.listed(9);
    expect(lost).toHaveBeenCalledTimes(2);
    expect(hub.since(1)).toBeUndefined();
    expect(hub.since(9)).toEqual([]);
  });

  it.each([
    ['many small ones', 'x', 30_000],
    ['large ones', 'x'.repeat(1_000_000), 30],
  ])('keeps a bounded number of changes: %s', (_, value, count) => {
    const hub = new EventHub();
    hub.listed(0);
    for (let revision = 1; revision <= count; revision++) hub.batch(batch(revision, value));
    expect(hub.since(0)).toBeUndefined();
    // The least revision from which on everything is known.
    let [below, first] = [0, count];
    while (first - below > 1) {
      const middle = Math.floor((below + first) / 2);
      if (hub.since(middle) === undefined) below = middle;
      else first = middle;
    }
    const kept = hub.since(first)!;
    expect(revisions(kept)).toEqual(Array.from({ length: count - first }, (_, i) => first + 1 + i));
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThanOrEqual(10_000);
    expect(kept.length * value.length).toBeLessThanOrEqual(8 * 2 ** 20);
  });
});
