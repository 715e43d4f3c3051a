// Events over HTTP: a list and then every change, in order, resumed, bounded, and given up where nobody reads.
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { MOST_STREAMS } from '../../src/api/events.ts';
import type { TestApi } from '../support/api.ts';
import { Reading } from './event-reader.ts';
import { ApiScene, ask } from './scene.ts';

const scene = new ApiScene();
const open: Reading[] = [];
afterEach(() => {
  for (const reading of open.splice(0)) reading.close();
});

async function read({ origin }: TestApi, query = '', headers: Record<string, string> = {}): Promise<Reading> {
  const reading = await Reading.open(origin, `/v1/events${query}`, headers);
  open.push(reading);
  return reading;
}

const put = ({ registry }: TestApi, name: string, value: string) =>
  registry.commit([{ kind: 'put', key: `/skydns/${name}`, value }]);

describe('events', () => {
  it('are a list and then the changes', async () => {
    const api = await scene.start();
    const first = await put(api, 'a', '1');
    const reading = await read(api);
    await reading.until(({ all }) => all.some(([name]) => name === 'listed'));
    const second = await put(api, 'b', '\u2028\n"');
    await api.registry.commit([{ kind: 'delete', key: '/skydns/a' }]);
    await reading.until((one) => one.of('changes').length === 2);
    expect(reading.of('list')).toEqual([{ revision: first }]);
    expect(reading.of('entries')).toMatchObject([
      { entries: [{ key: '/skydns/a', value: '1', revision: first }] },
    ]);
    expect(reading.of('changes')).toMatchObject([
      { revision: second, changes: [{ kind: 'put', entry: { key: '/skydns/b', value: '\u2028\n"' } }] },
      { changes: [{ kind: 'delete', key: '/skydns/a' }] },
    ]);
    expect(reading.of('state').at(-1)).toEqual({ state: 'synced' });
  });

  it('go on from a revision or an id, and begin anew where that is not known', async () => {
    const api = await scene.start();
    const first = await put(api, 'a', '1');
    const begun = await read(api);
    await begun.until((one) => one.of('listed').length === 1);
    await put(api, 'b', '2');
    await begun.until((one) => one.of('changes').length === 1);
    const id = begun.events.at(-1)!.id!;
    const third = await put(api, 'c', '3');
    const resumed = await read(api, '', { 'last-event-id': id });
    await resumed.until((one) => one.of('resumed').length === 1);
    expect(resumed.of('changes')).toMatchObject([{ revision: third }]);
    const from = await read(api, `?revision=${first}`);
    await from.until((one) => one.of('resumed').length === 1);
    expect(from.of('changes')).toHaveLength(2);
    for (const [query, last] of [
      ['?revision=999999', ''],
      ['?revision=0', ''],
      ['', `00-${first}`],
      ['', 'nonsense'],
    ] as const) {
      const anew = await read(api, query, last === '' ? {} : { 'last-event-id': last });
      await anew.until((one) => one.of('listed').length === 1);
      expect(anew.of('resumed')).toEqual([]);
    }
  });

  it('leave no gap while others write and readers come', async () => {
    const api = await scene.start();
    let isWriting = true;
    let last = 0;
    const writing = (async () => {
      for (let i = 0; isWriting; i++) last = await put(api, `k${i % 50}`, String(i));
    })();
    const readers: Reading[] = [];
    for (let i = 0; i < 5; i++) {
      readers.push(await read(api));
      await delay(20);
    }
    isWriting = false;
    await writing;
    const truth = (await api.registry.list()).entries.map(({ key, value }) => [key, value]);
    for (const reader of readers) {
      await reader.until(({ events }) => events.at(-1)?.id?.endsWith(`-${last}`) === true);
      expect([...contentsOf(reader)].sort()).toEqual(truth.sort());
    }
  });

  it('end when the registry is listed anew, so that readers begin anew', async () => {
    const api = await scene.start();
    await put(api, 'a', '1');
    const reading = await read(api);
    await reading.until((one) => one.of('listed').length === 1);
    api.registry.relist();
    await reading.until(({ isOver }) => isOver);
  });

  it('of a server with another prefix are refused', async () => {
    const api = await scene.start();
    expect((await read(api, '?prefix=/skydns')).status).toBe(200);
    expect(await ask(api, 'GET', '/v1/events?prefix=/other')).toMatchObject({ status: 422 });
  });
});

/** What a reader knows, by key. */
function contentsOf(reader: Reading): Map<string, string> {
  const known = new Map<string, string>();
  type Put = { key: string; value: string };
  for (const [name, data] of reader.all) {
    if (name === 'entries') for (const { key, value } of data.entries as Put[]) known.set(key, value);
    if (name !== 'changes') continue;
    for (const { entry } of data.changes as { entry: Put }[]) known.set(entry.key, entry.value);
  }
  return known;
}

describe('streams', () => {
  it(`are ${MOST_STREAMS} at most; HEAD takes none; those that are closed give way`, async () => {
    const api = await scene.start();
    for (let i = 0; i < MOST_STREAMS + 10; i++) {
      const head = await Reading.open(api.origin, '/v1/events', {}, 'HEAD');
      expect(head.status).toBe(200);
      head.close();
    }
    const readers = await Promise.all(Array.from({ length: MOST_STREAMS }, () => read(api)));
    expect(readers.every(({ status }) => status === 200)).toBe(true);
    const refused = await ask(api, 'GET', '/v1/events');
    expect(refused).toMatchObject({
      status: 503,
      json: { detail: `${MOST_STREAMS} streams are open already` },
    });
    expect(refused.headers.get('retry-after')).toBe('5');
    readers[0]!.close();
    await expect.poll(async () => (await read(api)).status, { timeout: 30_000, interval: 50 }).toBe(200);
  });

  it('of a reader that takes nothing are ended, and others go on', async () => {
    const api = await scene.start();
    const [slow, quick] = [await read(api), await read(api)];
    for (const one of [slow, quick]) await one.until((reading) => reading.of('listed').length === 1);
    slow.pause();
    const value = 'x'.repeat(500_000);
    for (let i = 0; i < 60; i++) {
      await put(api, 'large', `${i}${value}`);
      await quick.until((one) => one.events.length >= i);
    }
    await quick.until((one) => one.of('changes').length === 60);
    slow.resume();
    await slow.until(({ isOver }) => isOver);
    expect(slow.of('changes').length).toBeLessThan(60);
    expect(quick.isOver).toBe(false);
  });
});
