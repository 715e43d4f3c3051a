// The group rule: the shallowest services decide, in whatever order the keys come (design section 3).
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holds } from '../support/property.ts';
import { entry, Fixture, spec } from '../support/zone-fixture.ts';

describe('groups', () => {
  const zones = ['skydns.test'];
  const g = (n: number, group?: string) => ({ host: `127.0.0.${n}`, ...(group !== undefined && { group }) });
  const a = (question: string, ...last: number[]): [string, ...string[]] => [
    `${question} A`,
    ...last.map((n) => `${question}. 30 A 127.0.0.${n}`),
  ];
  spec(
    'the group of the shallowest services decides; deeper ones of another are left out; those without one stay',
    {
      zones,
      records: {
        '/skydns/test/skydns/dom/a': g(1, 'g1'),
        '/skydns/test/skydns/dom/sub/b': g(2, 'g1'),
        '/skydns/test/skydns/dom2/a': g(1, 'g1'),
        '/skydns/test/skydns/dom2/sub/b': g(2, ''),
        '/skydns/test/skydns/dom1/a': g(1, 'g1'),
        '/skydns/test/skydns/dom1/sub/b': g(2, 'g2'),
        '/skydns/test/skydns/dom3/a': g(1, 'g1'),
        '/skydns/test/skydns/dom3/b': g(2),
        '/skydns/test/skydns/dom3/sub/c': g(3, 'g2'),
        '/skydns/test/skydns/dom3/sub/d': g(4, 'g1'),
        '/skydns/test/skydns/dom3/sub/e': g(5),
      },
    },
    a('dom.skydns.test', 1, 2),
    a('dom2.skydns.test', 1, 2),
    a('dom1.skydns.test', 1),
    a('sub.dom1.skydns.test', 2),
    a('dom3.skydns.test', 1, 2, 4, 5),
    a('sub.dom3.skydns.test', 3, 4, 5),
  );
  spec(
    'if the shallowest disagree, or name none, nothing is left out',
    {
      zones,
      records: {
        '/skydns/test/skydns/x/a': g(1, 'g1'),
        '/skydns/test/skydns/x/b': g(2, 'g2'),
        '/skydns/test/skydns/x/sub/c': g(3, 'g3'),
        '/skydns/test/skydns/y/a': g(1),
        '/skydns/test/skydns/y/sub/b': g(2, 'g2'),
        '/skydns/test/skydns/y/sub/c': g(3, 'g3'),
      },
    },
    a('x.skydns.test', 1, 2, 3),
    a('y.skydns.test', 1, 2, 3),
  );
  spec(
    'services at the name itself are the shallowest',
    {
      zones,
      records: {
        '/skydns/test/skydns/x': g(1, 'g1'),
        '/skydns/test/skydns/x/a': g(2, 'g2'),
        '/skydns/test/skydns/x/b': g(3, 'g1'),
      },
    },
    a('x.skydns.test', 1, 3),
  );
  spec(
    'the rule looks at all services, not only at those that the question wants',
    {
      zones,
      records: {
        '/skydns/test/skydns/x/a': { text: 'shallow', group: 'g1' },
        '/skydns/test/skydns/x/sub/b': g(2, 'g2'),
      },
    },
    ['x.skydns.test A', 'NODATA'],
    ['x.skydns.test TXT', 'x.skydns.test. 30 TXT "shallow"'],
  );
  it('the answer does not depend on the order of the keys', () => {
    const keys = ['x', 'x/a', 'x/b', 'x/a/c', 'x/b/d', 'x/b/e', 'x/f/g'];
    const groups = fc.array(fc.constantFrom('', 'g1', 'g2'), { minLength: 7, maxLength: 7 });
    const order = fc.shuffledSubarray([...keys.keys()]);
    holds(
      fc.property(groups, order, (group, chosen) => {
        const of = (numbers: readonly number[]) =>
          new Fixture(zones)
            .list(numbers.map((n) => entry(`/skydns/test/skydns/${keys[n]}`, g(n, group[n]))))
            .ask('x.skydns.test A')
            .sort();
        expect(of(chosen)).toEqual(of([...chosen].sort()));
      }),
    );
  });
});
