// A slot is never handed out while the reply in it still waits to be sent.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReplyRing, UDP_REPLY_SIZE } from '../../src/transport/reply-ring.ts';

test('with nothing queued the same slot serves every reply', () => {
  const ring = new ReplyRing(4);
  const first = ring.take(0);
  expect(first?.length).toBe(UDP_REPLY_SIZE);
  expect(ring.take(0)).toBe(first);
  expect(ring.view(10)).toBe(ring.view(10));
});

test('a full ring gives nothing', () => {
  const ring = new ReplyRing(4);
  const slots = [0, 1, 2, 3].map((queued) => ring.take(queued));
  expect(new Set(slots).size).toBe(4);
  expect(ring.take(4)).toBeUndefined();
  expect(ring.take(1_000)).toBeUndefined();
});

test('the view is what was written into the slot taken last', () => {
  const ring = new ReplyRing(4);
  for (const queued of [0, 1, 2]) {
    ring.take(queued)?.set([queued, 9, 9]);
    expect([...(ring.view(2) ?? [])]).toEqual([queued, 9]);
  }
});

test('whatever is queued and sent, what waits is not overwritten', () => {
  const steps = fc.array(fc.record({ queue: fc.boolean(), leave: fc.nat(5) }), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (all) => {
      const ring = new ReplyRing(8);
      const waiting: { view: Uint8Array; value: number }[] = [];
      all.forEach(({ queue, leave }, i) => {
        waiting.splice(0, leave);
        const slot = ring.take(waiting.length);
        if (slot === undefined) return;
        slot[0] = i % 256;
        // While anything waits, the system takes nothing directly: the new reply waits as well.
        if (queue || waiting.length > 0) waiting.push({ view: ring.view(1)!, value: i % 256 });
        for (const { view, value } of waiting) expect(view[0]).toBe(value);
      });
    }),
  );
});
