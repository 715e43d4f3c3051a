// The page's files as they are served: small, of one piece, and free to load nothing from elsewhere.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { pageRoutes } from '../../src/api/page.ts';
import { ROOT } from '../support/program.ts';

const app = new Hono();
pageRoutes(join(ROOT, 'dist/page'))(app);

/** Every file that the page takes, by following what each names. */
async function bundle(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const waiting = ['/'];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (files.has(path)) continue;
    const text = await (await app.request(path)).text();
    files.set(path, text);
    const named = path === '/' ? /(?:src|href)="(page\/[^"]+)"/g : /from '\.\/([^']+)'/g;
    for (const [, file] of text.matchAll(named)) waiting.push(path === '/' ? `/${file}` : `/page/${file}`);
  }
  return files;
}

describe('the page', () => {
  it('is under 150 kB with all its files', async () => {
    const files = await bundle();
    expect([...files.keys()]).toEqual(expect.arrayContaining(['/', '/page/style.css', '/page/main.js']));
    const bytes = [...files.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThan(150_000);
  });

  it('names no other host', async () => {
    for (const [path, text] of await bundle())
      expect([path, text.match(/\b(?:https?:)?\/\/[a-z][^\s'"]*/g) ?? []]).toEqual([
        path,
        // The name of a language, which nobody asks for.
        text.includes('http://www.w3.org/2000/svg') ? ['http://www.w3.org/2000/svg'] : [],
      ]);
  });

  it('never takes a text for HTML or a script', async () => {
    for (const [path, text] of await bundle())
      expect([
        path,
        text.match(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function/),
      ]).toEqual([path, null]);
  });

  it('comes with a policy that allows its own files alone', async () => {
    for (const path of ['/', '/page/main.js', '/page/style.css']) {
      const { status, headers } = await app.request(path);
      expect(status).toBe(200);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).not.toContain('unsafe');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('is not sent again where it has not changed', async () => {
    const etag = (await app.request('/')).headers.get('etag') ?? '';
    const again = await app.request('/', { headers: { 'if-none-match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  it.each(['/page/nothing.js', '/page/..%2f..%2fpackage.json', '/page/tsconfig.json', '/page/'])(
    'has no file %s',
    async (path) => {
      expect((await app.request(path)).status).toBe(404);
    },
  );

  it('asks for nothing that could change data', () => {
    const sources = ['explain', 'feed', 'main'].map((name) =>
      readFileSync(join(ROOT, `src/page/${name}.ts`), 'utf8'),
    );
    expect(sources.join('').match(/method:|XMLHttpRequest|sendBeacon|WebSocket/)).toBeNull();
  });
});
