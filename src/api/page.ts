// The page at `/` and its files: read once, served as they are, and allowed to load nothing from elsewhere.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Context } from 'hono';
import type { Routes } from '../observe/http.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Nothing but our own files, and no text is ever taken for a script (CSP level 3, Trusted Types). */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

interface File {
  readonly body: Buffer<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

function read(path: string): File {
  const body = readFileSync(path);
  return {
    body,
    headers: {
      'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      // Kept, but asked for each time: a new version of the server brings a new page.
      'cache-control': 'no-cache',
      etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    },
  };
}

/** The files of a folder that a browser takes, by name; none where there is no folder. */
function readFolder(folder: string): ReadonlyMap<string, File> {
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder).filter((name) => extname(name) in TYPES);
  return new Map(names.map((name) => [name, read(join(folder, name))]));
}

/** `folder`: where the page was built to. */
export function pageRoutes(folder: string): Routes {
  let files: ReadonlyMap<string, File> | undefined;
  const serve = (context: Context, name: string): Response | Promise<Response> => {
    files ??= readFolder(folder);
    const file = files.get(name);
    if (file === undefined) return context.notFound();
    const { body, headers } = file;
    if (context.req.header('if-none-match') === headers.etag) return context.body(null, 304, headers);
    return context.body(body, 200, headers);
  };
  return (app) => {
    app.get('/', (context) => serve(context, 'index.html'));
    app.get('/page/:file', (context) => serve(context, context.req.param('file')));
  };
}
