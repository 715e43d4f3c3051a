// Scenes for tests of the API: a real embedded registry behind a real port, ended with the test.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Access } from '../../src/api/access.ts';
import { realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { SqliteRegistry } from '../../src/registry/sqlite.ts';
import { startApi, type TestApi } from '../support/api.ts';

/** A reply, its body read. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

export class ApiScene {
  readonly #endings: (() => Promise<unknown>)[] = [];

  constructor() {
    afterEach(async () => {
      for (const ending of this.#endings.splice(0).reverse()) await ending();
    });
  }

  async start(access?: Access): Promise<TestApi> {
    const folder = await mkdtemp(join(tmpdir(), 'fingerpost-api-'));
    this.#endings.push(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, 'registry.db');
    const options = { url: `sqlite:${path}`, prefix: '/skydns', path };
    const api = await startApi(new SqliteRegistry(options, { logger: silent, clock: realClock }), access);
    this.#endings.push(() => api.close());
    return api;
  }
}

/** Asks, the body as JSON where there is one. */
export async function ask(
  { origin }: Pick<TestApi, 'origin'>,
  method: string,
  path: string,
  { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Reply> {
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.endsWith('json') === true && text !== '';
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : {} };
}
