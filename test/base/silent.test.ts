// The logger and the counters that do nothing have everything that the real ones have.
import { expect, test } from 'vitest';
import { noCounters } from '../../src/base/counters.ts';
import { silent } from '../../src/base/log.ts';

test('every level can be called', () => {
  for (const line of [silent.debug, silent.info, silent.warn, silent.error])
    expect(line({ a: 1 }, 'm')).toBeUndefined();
});

test('every counter can be counted or set', () => {
  for (const counter of Object.values(noCounters)) {
    if ('inc' in counter) expect(counter.inc(2)).toBeUndefined();
    if ('set' in counter) expect(counter.set(2)).toBeUndefined();
  }
  expect(Object.keys(noCounters)).not.toHaveLength(0);
});
