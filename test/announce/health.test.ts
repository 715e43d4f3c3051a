// Rise and fall: so many checks in a row, and no other, change what a service is.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Health } from '../../src/announce/health.ts';
import { holds } from '../support/property.ts';

/** `+` for a good check, `-` for a bad one; what it is after each, `U` or `d`. */
function course(rise: number, fall: number, checks: string): string {
  const health = new Health({ rise, fall });
  return [...checks]
    .map((check) => {
      health.saw(check === '+');
      return health.isUp ? 'U' : 'd';
    })
    .join('');
}

describe('health', () => {
  it.each([
    [1, 1, '+-+--+', 'UdUddU'],
    [2, 3, '+-++-+--+---+-++', 'dddUUUUUUUUddddU'],
    [3, 1, '++-+++-', 'dddddUd'],
    [1, 2, '---+-+-+--', 'dddUUUUUUd'],
  ])('with rise %i and fall %i, %s makes %s', (rise, fall, checks, states) => {
    expect(course(rise, fall, checks)).toBe(states);
  });

  it('changes exactly when the last checks all speak against it', () => {
    const thresholds = fc.record({
      rise: fc.integer({ min: 1, max: 5 }),
      fall: fc.integer({ min: 1, max: 5 }),
    });
    holds(
      fc.property(thresholds, fc.array(fc.boolean(), { maxLength: 60 }), ({ rise, fall }, checks) => {
        const health = new Health({ rise, fall });
        let changes = 0;
        for (const [i, good] of checks.entries()) {
          const before = health.isUp;
          const changed = health.saw(good);
          expect(changed).toBe(before !== health.isUp);
          if (!changed) continue;
          changes += 1;
          const needed = good ? rise : fall;
          expect(checks.slice(i + 1 - needed, i + 1)).toEqual(Array(needed).fill(good));
        }
        // No flapping beyond what rise and fall allow.
        expect(changes).toBeLessThanOrEqual(2 * Math.floor(checks.length / (rise + fall)) + 1);
      }),
    );
  });
});
