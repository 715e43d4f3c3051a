// /v1/live: what is served and how it changes, told over a real port to those that look on, however they behave.

import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Live, MOST_LOOKERS } from '../../src/api/live.ts';
import type { LiveStatus } from '../../src/api/live-format.ts';
import { addRoutes } from '../../src/api/routes.ts';
import { ManualClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { type HttpServer, type Routes, startHttp } from '../../src/observe/http.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import type { Change } from '../../src/service/entry.ts';
import { Contents } from '../../src/zone/contents.ts';
import { Zones } from '../../src/zone/zones.ts';
import { LiveReader } from '../support/live.ts';
import { entry } from '../support/zone-fixture.ts';

const BEAT_MS = 1000;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Contents that are looked at; time goes on when it is told to. */
class Scene {
  readonly clock = new ManualClock(1_000_000);
  readonly contents: Contents;
  readonly live: Live;
  isListed = true;
  #http: HttpServer | undefined;
  #revision = 0;

  constructor() {
    this.contents = new Contents(new Zones([{ name: 'example.org' }]), '/skydns', {
      drop: () => {},
      bad: () => {},
      touched: (node) => this.live.touch(node),
    });
    this.live = new Live({
      contents: this.contents,
      isListed: () => this.isListed,
      status: () => this.#status(),
      clock: this.clock,
    });
  }

  #status(): LiveStatus {
    const { revision, services } = this.contents;
    const none = { upstream: [], held: [], heldNames: 0 };
    return {
      version: '1',
      now: this.clock.now(),
      registry: 'here',
      state: 'synced',
      revision,
      services,
      ...none,
    };
  }

  readonly #routes: Routes = (app) => {
    const access = () => ({ token: undefined, isLoopback: true });
    addRoutes(app, this.live.operations, { access, logger: silent });
  };

  async start(): Promise<string> {
    const metrics = createMetrics({ process: false });
    const health = () => ({ registry: 'here', state: 'synced', revision: 1 }) as const;
    const place = { host: '127.0.0.1', port: 0 };
    this.#http = await startHttp(place, { metrics, health, routes: [this.#routes] });
    closing.push(() => this.#http?.close());
    return `http://127.0.0.1:${this.#http.address.port}`;
  }

  put(key: string, value: object | string): void {
    this.apply({ kind: 'put', entry: entry(`/skydns/org/example/${key}`, value, ++this.#revision) });
  }

  remove(key: string): void {
    this.apply({ kind: 'delete', key: `/skydns/org/example/${key}`, revision: ++this.#revision });
  }

  apply(...changes: Change[]): void {
    this.contents.apply({ revision: this.#revision, changes });
  }

  /** Seconds pass, as long as somebody has not heard of it. */
  async beat(reader: LiveReader, isSo: () => boolean): Promise<void> {
    this.clock.advance(BEAT_MS);
    await reader.until(isSo);
  }
}

async function open(url: string, after?: string): Promise<LiveReader> {
  const reader = await LiveReader.open(url, after);
  closing.push(() => reader.close());
  return reader;
}

/** A reader that knows the whole. */
async function whole(url: string): Promise<LiveReader> {
  const reader = await open(url);
  await reader.until(() => reader.of('end').length === 1);
  return reader;
}

describe('who looks on', () => {
  it('is told all that is served, page by page, and then each second what has changed', async () => {
    const scene = new Scene();
    for (let i = 0; i < 1000; i++) scene.put(`web/${i}`, { host: '10.0.0.1', port: i });
    const reader = await whole(await scene.start());
    expect(reader.of('begin')[0]?.data).toEqual({ zones: ['org/example'], services: 1000 });
    expect(reader.of('page').length).toBeGreaterThan(2);
    expect(Object.keys(reader.served)).toHaveLength(1000);
    expect(reader.served['org/example/web/7']).toEqual([{ host: '10.0.0.1', port: 7 }]);

    scene.put('new', { text: 'hello', mail: true, ttl: 5, weight: 3, priority: 4, group: 'g' });
    scene.put('web/1', { host: 'fd00::1' });
    scene.remove('web/2');
    await scene.beat(reader, () => reader.of('change').length === 1);
    const [change] = reader.of('change');
    expect(change?.data).toEqual([
      ['org/example/new', { text: 'hello', mail: true, ttl: 5, weight: 3, priority: 4, group: 'g' }],
      ['org/example/web/1', { host: 'fd00::1' }],
      ['org/example/web/2'],
    ]);
    expect(change?.id).toMatch(/^[0-9a-f]+\.1$/);
  });

  it('hears nothing but the status while nothing changes', async () => {
    const scene = new Scene();
    scene.put('a', { host: '10.0.0.1' });
    const reader = await whole(await scene.start());
    const count = () => reader.of('status').length;
    const before = count();
    await scene.beat(reader, () => count() > before);
    expect(reader.of('change')).toEqual([]);
    expect(reader.of('bad')).toHaveLength(1);
  });

  it('is told of what comes and goes while the pages are on their way', async () => {
    const scene = new Scene();
    for (let i = 0; i < 3000; i++) scene.put(`web/${i}`, { host: '10.0.0.1' });
    const reader = await open(await scene.start());
    await reader.until(() => reader.of('page').length > 0);
    for (let i = 0; i < 3000; i += 2) scene.remove(`web/${i}`);
    scene.put('web/new', { host: '10.0.0.2' });
    await reader.until(() => reader.of('end').length === 1);
    await scene.beat(reader, () => reader.of('change').length > 0);
    const odd = Array.from({ length: 1500 }, (_, i) => `org/example/web/${2 * i + 1}`);
    expect(new Set(Object.keys(reader.served))).toEqual(new Set([...odd, 'org/example/web/new']));
  });

  it('waits for the first list, and hears how things stand meanwhile', async () => {
    const scene = new Scene();
    scene.isListed = false;
    const reader = await open(await scene.start());
    await reader.until(() => reader.of('status').length === 1);
    scene.put('a', { host: '10.0.0.1' });
    await scene.beat(reader, () => reader.of('status').length === 2);
    expect(reader.of('begin')).toEqual([]);
    scene.isListed = true;
    await scene.beat(reader, () => reader.of('end').length === 1);
    expect(reader.served).toEqual({ 'org/example/a': [{ host: '10.0.0.1' }] });
  });

  it('is told which records are bad, as they come and go', async () => {
    const scene = new Scene();
    scene.put('worse', { host: '10.0.0.1' });
    scene.put('bad', '<b>no JSON');
    scene.put('worse', { host: 1 });
    const reader = await whole(await scene.start());
    expect(reader.of('bad')[0]?.data).toMatchObject({
      total: 2,
      records: [
        { key: '/skydns/org/example/bad', revision: 2 },
        { key: '/skydns/org/example/worse', revision: 3, kept: 1 },
      ],
    });
    scene.remove('bad');
    await scene.beat(reader, () => reader.of('bad').length === 2);
    expect(reader.of('bad')[1]?.data).toMatchObject({ total: 1 });
  });

  it('comes back and is told what it has missed, and no more', async () => {
    const scene = new Scene();
    scene.put('a', { host: '10.0.0.1' });
    const url = await scene.start();
    const first = await whole(url);
    first.close();
    scene.put('b', { host: '10.0.0.2' });
    scene.clock.advance(BEAT_MS);
    scene.remove('a');
    scene.clock.advance(BEAT_MS);
    const second = await open(url, first.of('end')[0]?.id);
    await second.until(() => second.of('change').length === 1);
    expect(second.of('begin')).toEqual([]);
    expect(second.of('change')[0]?.data).toEqual([
      ['org/example/b', { host: '10.0.0.2' }],
      ['org/example/a'],
    ]);
  });

  it.each([
    ['another server knows', () => 'ffffffffffff.3'],
    ['is none', () => '<script>'],
    ['is yet to come', (token: string) => token.replace(/\d+$/, '99')],
  ])('begins anew with a token that %s', async (_, tokenOf) => {
    const scene = new Scene();
    scene.put('a', { host: '10.0.0.1' });
    const url = await scene.start();
    const first = await whole(url);
    const second = await open(url, tokenOf(first.of('end')[0]?.id ?? ''));
    await second.until(() => second.of('end').length === 1);
    expect(Object.keys(second.served)).toEqual(['org/example/a']);
  });

  it('begins anew after more than a minute in which nobody looked', async () => {
    const scene = new Scene();
    scene.put('a', { host: '10.0.0.1' });
    const url = await scene.start();
    const first = await whole(url);
    first.close();
    await first.until(() => scene.live.lookers === 0);
    scene.clock.advance(62 * BEAT_MS);
    const second = await open(url, first.of('end')[0]?.id);
    await second.until(() => second.of('end').length === 1);
    expect(second.of('begin')).toHaveLength(1);
  });

  it('begins anew where more has changed than is kept', async () => {
    const scene = new Scene();
    const reader = await whole(await scene.start());
    for (let i = 0; i < 50_000; i++) scene.put(`web/${i}`, { host: '10.0.0.1' });
    scene.remove('web/1');
    await scene.beat(reader, () => reader.of('end').length === 2);
    expect(reader.of('begin')).toHaveLength(2);
    expect(Object.keys(reader.served)).toHaveLength(49_999);
  });
});

describe('bounds', () => {
  it('one more than may look is refused with a reason, and may when another has left', async () => {
    const scene = new Scene();
    const url = await scene.start();
    const readers = await Promise.all(Array.from({ length: MOST_LOOKERS }, () => open(url)));
    await readers[0]!.until(() => scene.live.lookers === MOST_LOOKERS);
    const refused = await fetch(`${url}/v1/live`);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('10');
    expect(await refused.json()).toMatchObject({ status: 503, detail: `${MOST_LOOKERS} look on already` });
    readers[0]!.close();
    await readers[1]!.until(() => scene.live.lookers < MOST_LOOKERS);
    expect((await open(url)).response.statusCode).toBe(200);
  });

  it('a HEAD takes no place', async () => {
    const scene = new Scene();
    const url = await scene.start();
    for (let i = 0; i < 3; i++) {
      const head = await fetch(`${url}/v1/live`, { method: 'HEAD' });
      expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    }
    expect(scene.live.lookers).toBe(0);
  });

  it('nothing can be written to it', async () => {
    const scene = new Scene();
    const url = await scene.start();
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
      expect((await fetch(`${url}/v1/live`, { method })).status).toBe(405);
  });

  it('pages from elsewhere do not get it', async () => {
    const scene = new Scene();
    const url = await scene.start();
    const of = (headers: Record<string, string>) => LiveReader.open(url, undefined, headers);
    for (const headers of [{ host: 'evil.example' }, { origin: 'https://evil.example' }])
      expect((await of(headers)).response.statusCode).toBe(403);
    expect(scene.live.lookers).toBe(0);
  });

  it('who does not read is dropped, and another is not held up', async () => {
    const scene = new Scene();
    for (let i = 0; i < 60_000; i++) scene.put(`web/${i}`, { text: 'x'.repeat(180) });
    const url = await scene.start();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    closing.push(() => socket.destroy());
    socket.pause();
    socket.write('GET /v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    const reader = await whole(url);
    expect(Object.keys(reader.served)).toHaveLength(60_000);
    await reader.until(() => scene.live.lookers === 2);
    await reader.until(() => {
      scene.clock.advance(BEAT_MS);
      return scene.live.lookers === 1;
    });
    scene.put('last', { host: '10.0.0.1' });
    await scene.beat(reader, () => 'org/example/last' in reader.served);
  });
});
