// Random registries and questions: what is explained is what the server answers, also with other servers to ask.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { realClock } from '../../../src/base/clock.ts';
import type { Explanation } from '../../../src/query/explain/explanation.ts';
import { SEED } from '../../support/property.ts';
import { typeOf } from '../../support/upstream.ts';
import { soa } from '../../upstream/cache-bytes.ts';
import { A, replyTo, rig, server } from '../../upstream/rig.ts';
import { key, questions, value, zones } from '../../zone/random.ts';
import { comparable } from '../comparable.ts';
import { ExplainScene, linesOfExplained } from './scene.ts';

const TIMES = Number(process.env.FC_TIMES ?? 1);
/** A counterexample is not made smaller for longer than this, so that it is told before the test is ended. */
const interruptAfterTimeLimit = 300_000 * TIMES;
const registry = fc
  .uniqueArray(fc.tuple(key, value), { minLength: 1, maxLength: 14, selector: ([path]) => path })
  .map((entries) => Object.fromEntries(entries));
const outside = ['lb.example.net A', 'none.example.net AAAA', 'other.com A', 'localhost A', 'short A'];
const asked = fc.uniqueArray(fc.constantFrom(...questions, ...outside), { minLength: 60, maxLength: 60 });
const transport = fc.constantFrom('udp' as const, 'tcp' as const);

/** TTLs of what other servers said count down meanwhile. */
const withoutTtls = (lines: readonly string[]): string[] =>
  lines.map((line) => line.replace(/^([@+] )?(\S+) \d+ /, '$1$2 '));

/** All but whether it was in the table, or in the set of names, already. */
const why = ({ reasons }: Explanation) =>
  reasons.filter(({ code }) => !['table', 'names', 'computed'].includes(code));

function same(explained: Explanation, given: readonly string[], question: string): void {
  const lines = linesOfExplained(explained);
  if (comparable(withoutTtls(lines), question) !== comparable(withoutTtls(given), question))
    expect([question, ...lines]).toEqual([question, ...given]);
}

it('an explanation of names in the zones has the answer, before it was asked for and afterwards', async () => {
  const sources = new Set<string>();
  await fc.assert(
    fc.asyncProperty(zones, registry, asked, transport, async (zoneOptions, records, few, over) => {
      const scene = new ExplainScene(records, { zones: zoneOptions });
      for (const question of few) {
        const before = await scene.explain(question, '127.0.0.1', over);
        expect(scene.desk.counted.compiled).toBeLessThanOrEqual(few.indexOf(question));
        const given = await scene.answer(question, over);
        const after = await scene.explain(question, '127.0.0.1', over);
        for (const explained of [before, after]) {
          expect(explained.answer.known).toBe(true);
          same(explained, given, question);
          sources.add(explained.source);
        }
        expect(why(after)).toEqual(why(before));
      }
    }),
    { seed: SEED, numRuns: 20 * TIMES, interruptAfterTimeLimit },
  );
  expect([...sources].sort()).toEqual(['computed', 'names', 'rule', 'table']);
}, 600_000);

it('an explanation of what others know has the answer once they were asked, and asks nobody itself', async () => {
  const up = await server((asking) => {
    asking.send(replyTo(asking, typeOf(asking) === 1 ? { answers: [A] } : { authority: [soa(60, 60)] }));
  });
  const mine = rig(realClock, { timeoutMs: 30_000 });
  const forward = { forwarder: mine.forwarder, servers: mine.group(up) };
  let open = 0;
  await fc.assert(
    fc.asyncProperty(zones, registry, asked, async (zoneOptions, records, few) => {
      const names = { search: ['a.example.org'], open: ['10.in-addr.arpa'] };
      const scene = new ExplainScene(records, { zones: zoneOptions, ...forward, ...names });
      for (const question of few) {
        const { length } = up.askings;
        const before = await scene.explain(question);
        expect(up.askings).toHaveLength(length);
        const given = await scene.answer(question);
        if (before.answer.known) same(before, given, question);
        else open++;
        const times = up.askings.length;
        const after = await scene.explain(question);
        expect([question, after.answer.known]).toEqual([question, true]);
        same(after, given, question);
        expect(up.askings).toHaveLength(times);
        // Nobody was asked of whom it was not said.
        if (times > length) expect(before.answer.known).toBe(false);
      }
    }),
    { seed: SEED, numRuns: 15 * TIMES, interruptAfterTimeLimit },
  );
  expect(open).toBeGreaterThan(0);
}, 600_000);
