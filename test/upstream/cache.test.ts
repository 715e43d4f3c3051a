// The cache's bounds: bytes, and which entry makes room.
import { describe, expect, it } from 'vitest';
import { noCounters } from '../../src/base/counters.ts';
import { Entry, UpstreamCache } from '../../src/upstream/cache.ts';
import { cacheKey, isKeyBelow, ownQuestion } from '../../src/upstream/cache-question.ts';
import { readMarks } from '../../src/upstream/marks.ts';
import { questionOf } from '../../src/upstream/question.ts';
import type { UpstreamFailure } from '../../src/upstream/upstreamed.ts';
import { Class, Type } from '../../src/wire/codes.ts';
import { Query, Verdict } from '../../src/wire/query.ts';
import { name } from '../wire/packets.ts';
import type { Asked } from './asked.ts';
import { a, ask, looked } from './cache-bytes.ts';

function entry(records: number): Entry {
  const kept = looked({ answers: Array.from({ length: records }, (_, i) => a(300, i & 255)) });
  return new Entry({ kind: 'answer', ...kept, cameAt: 0, heldUntil: 0, stale: false }, 0, 1);
}

describe('the cache', () => {
  it('holds so many bytes and no more; what was asked for longest ago goes first', () => {
    const seen = { evicted: 0, answers: 0, bytes: 0 };
    const cache = new UpstreamCache(100_000, {
      ...noCounters,
      cacheEvictions: { inc: () => seen.evicted++ },
      cacheAnswers: { set: (value) => (seen.answers = value) },
      cacheBytes: { set: (value) => (seen.bytes = value) },
    });
    const one = entry(1);
    for (let i = 0; i < 1000; i++) {
      cache.set(`key ${i}`, one);
      cache.get('key 0');
      expect(cache.bytes).toBeLessThanOrEqual(100_000);
    }
    expect(cache.count).toBeGreaterThan(100);
    expect(cache.count).toBeLessThan(350);
    expect(seen).toEqual({ evicted: 1000 - cache.count, answers: cache.count, bytes: cache.bytes });
    expect(cache.get('key 0')).toBe(one);
    expect(cache.get('key 1')).toBeUndefined();
    expect(cache.get('key 999')).toBe(one);
  });

  it('counts large answers for what they take', () => {
    const cache = new UpstreamCache(100_000, noCounters);
    cache.set('large', entry(3500));
    const large = cache.bytes;
    expect(large).toBeGreaterThan(3500 * 16);
    cache.set('another', entry(3500));
    expect(cache.count).toBe(1);
    cache.set('too large', entry(4000));
    expect(cache.get('too large')).toBeDefined();
    for (let i = 0; i < 10; i++) cache.set(`wordy ${i}`, wordy(20_000));
    expect(cache.count).toBeLessThan(5);
    cache.set('much too wordy', wordy(200_000));
    expect(cache.get('much too wordy')).toBeUndefined();
    expect(cache.bytes).toBeLessThanOrEqual(100_000);
  });

  it('peeks without counting that as a use', () => {
    const size = new UpstreamCache(10_000, noCounters);
    size.set('key', entry(1));
    const cache = new UpstreamCache(size.bytes * 2, noCounters);
    cache.set('one', entry(1));
    cache.set('two', entry(1));
    cache.peek('one');
    cache.set('ten', entry(1));
    expect(cache.get('one')).toBeUndefined();
    expect(cache.get('two')).toBeDefined();
  });

  it('keeps failures too', () => {
    const cache = new UpstreamCache(10_000, noCounters);
    const failure: UpstreamFailure = { kind: 'timeout' };
    cache.set('key', new Entry(failure, 0, 1000));
    expect(cache.get('key')?.outcome).toBe(failure);
    expect(cache.get('key')?.stale).toBeUndefined();
  });
});

/** An answer with a long extended error. */
function wordy(length: number): Entry {
  const { reply, life } = looked({});
  const errors = [{ code: 0, text: new Uint8Array(length) }];
  const answer = { reply: { ...reply, errors }, life, cameAt: 0, heldUntil: 0, stale: false };
  return new Entry({ kind: 'answer', ...answer }, 0, 1);
}

const keyOf = ({ request, query }: Asked): string => cacheKey(request, query);

describe('keys', () => {
  it('know which zones they are in', () => {
    const key = keyOf(ask('a.Example.com'));
    for (const zone of ['.', 'com', 'example.com', 'a.example.com'])
      expect(isKeyBelow(key, name(zone)), zone).toBe(true);
    for (const zone of ['org', 'ample.com', 'b.a.example.com', 'le.com', 'example', 'a.example.org'])
      expect(isKeyBelow(key, name(zone)), zone).toBe(false);
    expect(isKeyBelow(keyOf(ask('.')), name('.'))).toBe(true);
    expect(isKeyBelow(keyOf(ask('.')), name('com'))).toBe(false);
  });
});

describe('a question of our own', () => {
  it('is a query as clients send them, with the marks of the one that it is asked for', () => {
    const marks = { stubbed: true, path: new Uint8Array(16).fill(7) };
    const { request, query } = ownQuestion(name('www.example'), Type.AAAA, marks);
    expect(new Query().read(request, request.length)).toBe(Verdict.OK);
    expect([query.name(), query.type, query.class]).toEqual([name('www.example'), Type.AAAA, Class.IN]);
    expect(readMarks(request, query.questionEnd)).toEqual(marks);
    expect(questionOf(request, query)).toMatchObject({ dnssecOk: false, checkingDisabled: false });
  });
});
