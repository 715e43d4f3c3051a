// The judge of trials judges rightly: it finds what is old, torn, or never was, and lets pass what may be.
import { describe, expect, it } from 'vitest';
import { Checker } from './checker.ts';
import { Journal } from './journal.ts';

/** Writes 1 to 4: `a` is made, changed, removed and made again; `pair` changes with write 3. */
function written(): { journal: Journal; checker: Checker } {
  const journal = new Journal();
  const steps = [
    { a: '10.0.0.1', pair: 'left 1 + right 1' },
    { a: '10.0.0.2' },
    { a: 'NXDOMAIN', pair: 'left 3 + right 3' },
    { a: '10.0.0.4' },
  ];
  for (const [i, step] of steps.entries())
    journal.acknowledge(journal.begin(new Map(Object.entries(step))), 100 + i, 1_000 * (i + 1));
  return { journal, checker: new Checker(journal) };
}

/** Asks and is told; what is wrong with it. */
function told(checker: Checker, question: string, answer: string, at = 0): string[] {
  checker.answered(checker.ask(question, at), answer);
  return checker.mark().wrong;
}

describe('a checker', () => {
  it.each([
    ['a', '10.0.0.1'],
    ['a', 'NXDOMAIN'],
    ['a', '10.0.0.4'],
    ['pair', 'left 1 + right 1'],
  ])('takes any state for true at first: %s is %s', (question, answer) => {
    expect(told(written().checker, question, answer)).toEqual([]);
  });

  it.each([
    ['that never was', 'a', '10.0.0.3'],
    ['of another name', 'a', 'left 1 + right 1'],
    ['that is torn', 'pair', 'left 1 + right 3'],
    ['that lacks a half', 'pair', 'left 3'],
    ['that denies what always was', 'pair', 'NODATA'],
    ['that refuses', 'a', 'REFUSED'],
    ['that nobody can read', 'a', 'unreadable'],
    ['to a question that nobody knows', 'b', 'NXDOMAIN'],
  ])('finds an answer %s', (_, question, answer) => {
    expect(told(written().checker, question, answer)).toEqual([
      `${question} is "${answer}": never true; 0 writes were known before`,
    ]);
  });

  it('finds an answer that is older than the one before', () => {
    const { checker } = written();
    expect(told(checker, 'a', '10.0.0.2')).toEqual([]);
    expect(told(checker, 'a', '10.0.0.1')).toEqual([
      'a is "10.0.0.1": true until write 1; 2 writes were known before',
    ]);
  });

  it('finds a name that lags behind another one', () => {
    const { checker } = written();
    expect(told(checker, 'a', '10.0.0.4')).toEqual([]);
    expect(checker.floor).toBe(4);
    expect(told(checker, 'pair', 'left 1 + right 1')).toHaveLength(1);
    expect(told(checker, 'pair', 'left 3 + right 3')).toEqual([]);
  });

  it('lets an answer be as old as what was known when it was asked for', () => {
    const { checker } = written();
    const early = checker.ask('a');
    expect(told(checker, 'a', '10.0.0.4')).toEqual([]);
    checker.answered(early, '10.0.0.2');
    expect(checker.mark().wrong).toEqual([]);
  });

  it('does not take a write to be known that an answer does not prove', () => {
    const { journal, checker } = written();
    journal.begin(new Map([['a', 'NXDOMAIN']]));
    expect(told(checker, 'a', 'NXDOMAIN')).toEqual([]);
    expect(checker.floor).toBe(3);
    expect(told(checker, 'a', '10.0.0.4')).toEqual([]);
    expect(told(checker, 'a', 'NXDOMAIN')).toEqual([]);
    expect(checker.floor).toBe(5);
    expect(told(checker, 'a', '10.0.0.4')).toHaveLength(1);
  });

  it('takes what is about to be acknowledged, and not what is not yet sent', () => {
    const { journal, checker } = written();
    expect(told(checker, 'a', '10.0.0.5')).toHaveLength(1);
    journal.begin(new Map([['a', '10.0.0.5']]));
    expect(told(checker, 'a', '10.0.0.5')).toEqual([]);
  });

  it('lets a process that was killed go back to what it had saved, and not further', () => {
    const { journal, checker } = written();
    expect(told(checker, 'a', '10.0.0.4')).toEqual([]);
    const asked = checker.ask('a');
    checker.restarted(journal.at(101));
    expect(checker.floor).toBe(2);
    checker.answered(asked, '10.0.0.2'); // asked again, of the new process
    expect(checker.mark().wrong).toEqual([]);
    expect(told(checker, 'a', '10.0.0.1')).toHaveLength(1);
  });

  it('lets none go back that was ended in order', () => {
    const { checker } = written();
    expect(told(checker, 'a', '10.0.0.4')).toEqual([]);
    checker.restarted();
    expect(told(checker, 'a', '10.0.0.2')).toHaveLength(1);
  });

  it('measures from the acknowledgement of the first write that is not known', () => {
    const { checker } = written();
    const staleness = (answer: string, at: number) => {
      checker.answered(checker.ask('a', at), answer);
      return checker.mark().staleness;
    };
    expect(staleness('10.0.0.1', 2_500)).toBe(500);
    expect(staleness('10.0.0.2', 2_999)).toBe(0);
    expect(staleness('10.0.0.4', 9_000)).toBe(0);
  });

  it('lets nobody say that he does not know who knew before', () => {
    const { checker } = written();
    const early = checker.ask('a', 1);
    checker.answered(checker.ask('a', 1), '10.0.0.1', 2);
    checker.answered(early, 'SERVFAIL', 3);
    expect(checker.mark()).toMatchObject({ failed: 1, wrong: [] });
    expect(told(checker, 'a', 'SERVFAIL', 4)).toHaveLength(1);
    checker.restarted();
    expect(told(checker, 'a', 'SERVFAIL', 5)).toEqual([]);
  });

  it('counts what is not known yet, and what nobody answered', () => {
    const { checker } = written();
    checker.answered(checker.ask('a'), 'SERVFAIL');
    checker.ask('a');
    checker.again();
    checker.unanswered();
    expect(checker.mark()).toEqual({
      ...{ asked: 2, failed: 1, unanswered: 1, again: 1, wrong: [], staleness: 0 },
    });
    expect(checker.tally.asked).toBe(0);
  });
});
