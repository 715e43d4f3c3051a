// A registry in a process of its own: it loads one engine only, and lets the process end.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { SqliteRegistry } from '../../src/registry/sqlite.ts';
import { startApi } from '../support/api.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { freePort } from '../support/ports.ts';

const run = promisify(execFile);
const src = join(import.meta.dirname, '../../src');

/** Opens `url`, runs `body` with it, closes it; then the process must end by itself. What it printed. */
async function inProcess(url: string, body: string): Promise<{ stdout: string; stderr: string }> {
  const script = `
    import { realClock } from '${src}/base/clock.ts';
    import { silent } from '${src}/base/log.ts';
    import { openRegistry } from '${src}/registry/open.ts';
    import { parseRegistryUrl } from '${src}/registry/url.ts';
    const registry = await openRegistry(parseRegistryUrl('${url}'), { logger: silent, clock: realClock });
    const sink = { listing() {}, page() {}, listed() {}, batch() {}, position() {}, state(s) { seen(s.kind); } };
    let seen = () => {};
    const watched = () => new Promise((resolve) => { seen = resolve; registry.watch(sink); });
    ${body}
    await registry.close();
    console.log('closed');
  `;
  return run(process.execPath, ['--input-type=module', '-e', script], { timeout: 60_000 });
}

describe('the process of a registry', { timeout: 120_000 }, () => {
  let etcd: TestEtcd;
  let folder: string;
  beforeAll(async () => {
    etcd = await startEtcd();
    folder = await mkdtemp(join(tmpdir(), 'fingerpost-process-'));
  }, 120_000);
  afterAll(async () => {
    await etcd.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('ends after the registry was closed: etcd', async () => {
    const { stdout, stderr } = await inProcess(
      `etcd://${etcd.endpoint}`,
      `console.log(await watched());
       const { id } = await registry.grant(60);
       await registry.commit([{ kind: 'put', key: '/skydns/a', value: '1', lease: id }]);
       console.log(await registry.keepAlive(id), (await registry.list()).entries.length);`,
    );
    expect(stdout).toBe('synced\ntrue 1\nclosed\n');
    expect(stderr).toBe('');
  });

  it('ends without close, after a call', async () => {
    const { stdout } = await inProcess(
      `etcd://${etcd.endpoint}`,
      `registry.close = async () => {}; console.log((await registry.list()).entries.length);`,
    );
    expect(stdout).toBe('1\nclosed\n');
  });

  it('ends after an etcd that was never there', async () => {
    const { stdout, stderr } = await inProcess(
      `etcd://127.0.0.1:${await freePort()}`,
      `console.log(await registry.list().catch((e) => e.code), await watched());`,
    );
    expect(stdout).toBe('unavailable stale\nclosed\n');
    expect(stderr).toBe('');
  });

  it('ends after the registry was closed: sqlite', async () => {
    const { stdout } = await inProcess(
      `sqlite:${join(folder, 'a.db')}`,
      `setTimeout(() => {}, 1000);
       console.log(await watched());
       console.log((await registry.list()).entries.length);`,
    );
    expect(stdout).toBe('synced\n0\nclosed\n');
  });

  it('ends after calls and a watch: another server over HTTP', async () => {
    const path = join(folder, 'c.db');
    const behind = new SqliteRegistry(
      { url: `sqlite:${path}`, prefix: '/skydns', path },
      { logger: silent, clock: realClock },
    );
    const server = await startApi(behind);
    try {
      const { stdout } = await inProcess(
        server.origin,
        `registry.close = async () => {};
         const { id } = await registry.grant(60);
         await registry.commit([{ kind: 'put', key: '/skydns/a', value: '1', lease: id }]);
         const alive = setTimeout(() => {}, 30_000);
         console.log(await watched(), (await registry.list()).entries.length);
         clearTimeout(alive);`,
      );
      expect(stdout).toBe('synced 1\nclosed\n');
    } finally {
      await server.close();
    }
  });

  it('loads only the engine that the URL names', async () => {
    const loaded = `
      const { createRequire } = await import('node:module');
      const cache = Object.keys(createRequire('${src}/x.js').cache);
      console.log(cache.some((f) => f.includes('/etcd3/')), process.moduleLoadList.some((m) => m.includes('sqlite')));`;
    const lite = await inProcess(`sqlite:${join(folder, 'b.db')}`, loaded);
    expect(lite.stdout).toBe('false true\nclosed\n');
    const full = await inProcess(`etcd://${etcd.endpoint}`, loaded);
    expect(full.stdout).toBe('true false\nclosed\n');
  });
});
