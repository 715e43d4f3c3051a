// How far something has come, as lines in the log: few, with percent and rate.
import { expect, it } from 'vitest';
import { silent } from '../../src/base/log.ts';
import { amountText, logProgress, percentOf, rateText } from '../../src/base/progress.ts';

function scene() {
  const lines: [object, string][] = [];
  let time = 0;
  const logger = { ...silent, info: (fields: object, message: string) => void lines.push([fields, message]) };
  const show = logProgress(logger, () => time);
  const pass = (ms: number) => {
    time += ms;
  };
  return { lines, show, pass };
}

it('what is over within two seconds is not told of', () => {
  const { lines, show, pass } = scene();
  const progress = show('reading', 'services');
  for (let done = 0; done < 1900; done += 100) {
    progress.reached(done, 2000);
    pass(100);
  }
  progress.end();
  expect(lines).toEqual([]);
});

it('what takes longer is told of every two seconds, with percent and rate', () => {
  const { lines, show, pass } = scene();
  const progress = show('reading', 'services');
  for (let done = 0; done <= 500_000; done += 10_000) {
    progress.reached(done, 500_000);
    pass(100);
  }
  progress.end();
  expect(lines).toEqual([
    [
      { percent: 40, done: 200_000, total: 500_000, rate: 100_000 },
      'reading: 40 %, 100,000 services a second',
    ],
    [
      { percent: 80, done: 400_000, total: 500_000, rate: 100_000 },
      'reading: 80 %, 100,000 services a second',
    ],
  ]);
});

it('where nobody knows how much there is, the amount stands in for the percentage', () => {
  const { lines, show, pass } = scene();
  const progress = show('reading', 'bytes');
  pass(4000);
  progress.reached(10_000_000, undefined);
  expect(lines).toEqual([
    [{ done: 10_000_000, total: undefined, rate: 2_500_000 }, 'reading: 10.0 MB, 2.5 MB a second'],
  ]);
});

it('percentages never leave 0 to 100, whatever was said before', () => {
  expect([percentOf(0, 0), percentOf(5, 3), percentOf(999, 1000), percentOf(1, undefined)]).toEqual([
    100,
    100,
    99,
    undefined,
  ]);
  expect([rateText(0.05, 'rounds'), rateText(3, 'rounds')]).toEqual([
    '3 rounds a minute',
    '3 rounds a second',
  ]);
  expect([amountText(1234, 'services'), amountText(1_250_000, 'bytes')]).toEqual([
    '1,234 services',
    '1.3 MB',
  ]);
});
