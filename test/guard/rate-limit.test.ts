// The limit of replies: how many a network gets, who shares one, and that memory is bounded.
import { describe, expect, it } from 'vitest';
import { limiterMemory, RateLimiter } from '../../src/guard/rate-limit.ts';
import { Client } from '../../src/wire/client.ts';

const KEY = { k0: 0x12345678, k1: 0x0badcafe };
const START = 1_800_000_000_000;

function limiter(memory = limiterMemory()): RateLimiter {
  return new RateLimiter(memory, KEY);
}

function client(text: string): Client {
  const found = new Client();
  found.setText(text);
  return found;
}

/** How many of `tries` replies are allowed at a rate of `rate` a second. */
function allowed(of: RateLimiter, from: string, now: number, rate: number, tries = 10 * rate): number {
  let count = 0;
  for (let i = 0; i < tries; i++) if (of.take(client(from), now, 1000 / rate)) count++;
  return count;
}

describe('a network', () => {
  it('gets a second’s worth at once, and then as many as time allows', () => {
    const own = limiter();
    expect(allowed(own, '192.0.2.1', START, 20)).toBe(20);
    expect(allowed(own, '192.0.2.1', START + 100, 20)).toBe(2);
    expect(allowed(own, '192.0.2.1', START + 100, 20)).toBe(0);
    expect(allowed(own, '192.0.2.1', START + 5000, 20)).toBe(20);
  });

  it.each([1, 3, 1000, 100_000])('gets %i a second over a minute of asking for more', (rate) => {
    const own = limiter();
    const from = client('192.0.2.1');
    let count = 0;
    const step = 500 / rate;
    const tries = rate > 1000 ? 100_000 : 120 * rate;
    for (let i = 1; i <= tries; i++) if (own.take(from, START + i * step, 1000 / rate)) count++;
    const seconds = (tries * step) / 1000;
    expect(count).toBeGreaterThanOrEqual(Math.floor(rate * seconds));
    expect(count).toBeLessThanOrEqual(Math.ceil(rate * (seconds + 1)) + 1);
  });

  it('is a /24 of IPv4 and a /56 of IPv6', () => {
    const own = limiter();
    expect(allowed(own, '192.0.2.1', START, 5)).toBe(5);
    expect(allowed(own, '192.0.2.255', START, 5)).toBe(0);
    expect(allowed(own, '192.0.3.1', START, 5)).toBe(5);
    expect(allowed(own, '2001:db8:0:a00::1', START, 5)).toBe(5);
    expect(allowed(own, '2001:db8:0:aff:1:2:3:4', START, 5)).toBe(0);
    expect(allowed(own, '2001:db8:0:b00::1', START, 5)).toBe(5);
    // The same bits in the other family.
    expect(allowed(own, 'c000:200::', START, 5)).toBe(5);
  });

  it('is limited by all threads together', () => {
    const memory = limiterMemory();
    expect(allowed(limiter(memory), '192.0.2.1', START, 5)).toBe(5);
    expect(allowed(limiter(memory), '192.0.2.1', START, 5)).toBe(0);
  });

  it('is not shut out when the clock is set back', () => {
    const own = limiter();
    expect(allowed(own, '192.0.2.1', START, 5)).toBe(5);
    expect(allowed(own, '192.0.2.1', START - 86_400_000, 5)).toBe(5);
    expect(allowed(own, '192.0.2.1', START - 86_400_000, 5)).toBe(0);
  });
});

describe('very many networks', () => {
  const name = (n: number) => `${10 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}.1`;

  it('hardly disturb one that asks much', () => {
    const own = limiter();
    let count = 0;
    for (let n = 0; n < 300_000; n++) {
      own.take(client(name(n)), START + n / 300, 10);
      // A thousand milliseconds: with 100 a second allowed, about 200 in all.
      if (n % 30 === 0 && own.take(client('203.0.113.1'), START + n / 300, 10)) count++;
    }
    expect(count).toBeGreaterThanOrEqual(195);
    expect(count).toBeLessThanOrEqual(220);
  });

  it('each get their own where there is room', () => {
    const own = limiter();
    let wrong = 0;
    for (let n = 0; n < 5000; n++) if (allowed(own, name(n), START, 2, 4) !== 2) wrong++;
    expect(wrong).toBeLessThan(25);
  });
});
