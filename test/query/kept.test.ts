// Which answers are kept, for how long, and how much room they may take.
import { describe, expect, it } from 'vitest';
import { entry } from '../support/zone-fixture.ts';
import { Desk, OPTIONS, packet } from './desk.ts';

const records = {
  '/skydns/org/example/web/1': { host: '10.0.0.1', port: 80 },
  '/skydns/org/example/db/1': { host: '10.0.0.2', text: 'db' },
  '/skydns/org/example/www': { host: 'web.example.org' },
  '/skydns/org/example/w/*': { host: '10.0.0.9' },
};

/** Answers that were computed anew while asking. */
function computed(desk: Desk, ...questions: readonly string[]): string[] {
  return questions.filter((question) => {
    const before = desk.counted.compiled;
    desk.ask(question);
    return desk.counted.compiled > before;
  });
}

describe('what is kept', () => {
  const lasting = [
    'web.example.org A',
    'web.example.org AAAA',
    'WEB.example.org SRV',
    'web.example.org TXT',
    'www.example.org A',
    'db.example.org MX',
    'db.example.org CNAME',
    'example.org SOA',
    'example.org NS',
    'example.org A',
    '*.example.org A',
  ];
  it('answers and NODATA about names that exist', () => {
    const desk = new Desk(records);
    expect(computed(desk, ...lasting)).toEqual(lasting);
    expect(computed(desk, ...lasting)).toEqual([]);
    expect(desk.table.count).toBe(lasting.length);
  });
  it('not those about made-up names, of which there is no end, nor of types that hold no data here', async () => {
    const desk = new Desk(records);
    // Whoever denies names waits for the end of the turn.
    await Promise.resolve();
    for (const question of [
      'x.w.example.org A',
      '*.none.example.org A',
      'web.example.org TYPE29',
      'any.y.any.example.org SRV',
    ])
      expect(computed(desk, question, question)).toEqual([question, question]);
    expect(computed(desk, 'none.example.org A', 'a.b.none.example.org MX')).toEqual([]);
    expect(desk.table.count).toBe(0);
  });
  it('one answer serves any case of the question, with and without EDNS, over UDP and TCP', () => {
    const desk = new Desk(records);
    desk.message(packet('web.example.org A'));
    for (const text of ['WEB.example.org A', 'web.EXAMPLE.org A'])
      for (const size of [undefined, 512, 4096])
        for (const transport of ['udp', 'tcp'] as const) desk.message(packet(text, size), transport);
    expect(desk.counted.compiled).toBe(1);
  });
});

describe('a change', () => {
  it('drops what it makes untrue, and nothing else', () => {
    const desk = new Desk(records);
    const all = ['web.example.org A', 'www.example.org A', 'db.example.org A', 'example.org A'];
    computed(desk, ...all);
    desk.contents.apply({
      revision: 8,
      changes: [{ kind: 'put', entry: entry('/skydns/org/example/web/2', { host: '10.0.0.7' }, 8) }],
    });
    expect(desk.counted.drops).toBe(3);
    expect(desk.ask('www.example.org A')).toHaveLength(3);
    expect(computed(desk, ...all)).toEqual(['web.example.org A', 'example.org A']);
  });
  it('of a name that did not exist shows at once', () => {
    const desk = new Desk(records);
    expect(desk.ask('new.example.org A')[0]).toBe('NXDOMAIN');
    desk.contents.apply({
      revision: 8,
      changes: [{ kind: 'put', entry: entry('/skydns/org/example/new/x', { host: '10.0.0.7' }, 8) }],
    });
    expect(desk.ask('new.example.org A')).toEqual(['new.example.org. 30 A 10.0.0.7']);
    desk.contents.apply({
      revision: 9,
      changes: [{ kind: 'delete', key: '/skydns/org/example/new/x', revision: 9 }],
    });
    expect(desk.ask('new.example.org A')[0]).toBe('NXDOMAIN');
  });
  it('of settings takes effect with the next answer', () => {
    const desk = new Desk(records);
    desk.ask('web.example.org A');
    desk.ask('web.example.org MX');
    desk.answerer.configure({ ...OPTIONS, ttls: { ttl: 77, negative: 5 }, version: undefined });
    desk.table.clear();
    expect(desk.table.count).toBe(0);
    expect(desk.ask('web.example.org A')).toEqual(['web.example.org. 77 A 10.0.0.1']);
    expect(desk.ask('web.example.org MX')[0]).toMatch(/^@ example.org. 5 SOA .* 5$/);
    expect(desk.ask('none.example.org MX')[1]).toMatch(/^@ example.org. 5 SOA .* 5$/);
    expect(desk.message(packet('version.bind TXT', undefined, 3)).flags & 15).toBe(5);
  });
});

describe('room', () => {
  const names = Array.from({ length: 12_000 }, (_, i) => `n${i}.example.org`);
  const many = Object.fromEntries(
    names.map((_, i) => [`/skydns/org/example/n${i}`, { host: `10.1.${i >>> 8}.${i & 255}` }]),
  );
  it('is bounded: the oldest go, but not those that were used since', () => {
    const desk = new Desk(many, { tableSize: 1 << 20 });
    const favourite = 'n0.example.org A';
    desk.ask(favourite);
    for (const name of names) {
      desk.ask(`${name} A`);
      desk.ask(favourite);
    }
    expect(desk.counted.evictions).toBeGreaterThan(0);
    expect(desk.table.count).toBe(names.length - desk.counted.evictions);
    expect(computed(desk, favourite)).toEqual([]);
  });
  it('what was evicted hangs nowhere any more: a change drops only what is kept', () => {
    const desk = new Desk(many, { tableSize: 1 << 20 });
    for (const name of names) desk.ask(`${name} A`);
    const kept = desk.table.count;
    desk.contents.listing();
    desk.contents.listed(9);
    expect([desk.table.count, desk.counted.drops]).toEqual([0, kept]);
    expect(desk.ask('n5.example.org A')[0]).toBe('NXDOMAIN');
  });
  it('an answer too large to keep is given all the same', () => {
    const desk = new Desk(
      { '/skydns/org/example/note': { text: 'x'.repeat(60_000) } },
      { tableSize: 1 << 20 },
    );
    for (let i = 0; i < 2; i++)
      expect(desk.ask('note.example.org TXT')[0]).toHaveLength(
        60_000 + 236 * 3 - 1 + 'note.example.org. 30 TXT '.length,
      );
    expect(desk.table.count).toBe(0);
  });
});
