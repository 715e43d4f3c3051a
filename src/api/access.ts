// Who may do what over HTTP: writes need a token, or a listener that only this machine reaches, and no browser's page.
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { problem } from './problem.ts';

export interface Access {
  /** What writes have to bring. */
  readonly token: string | undefined;
  /** Only this machine reaches the listener. */
  readonly isLoopback: boolean;
}

/** Whether an address that is listened on belongs to this machine alone. */
export function isLoopback(host: string): boolean {
  return host === '::1' || /^(::ffff:)?127\./i.test(host);
}

/**
 * Throws an ApiProblem where the request may not be made. Without a token, pages that a browser of this machine shows are
 * kept out: those that reach us under a name of their own (DNS rebinding) and those of other origins.
 */
export function checkAccess(request: Request, isWrite: boolean, { token, isLoopback: own }: Access): void {
  if (token === undefined) {
    if (own) checkBrowser(request.headers);
    if (isWrite && !own)
      throw problem(
        403,
        'writes are off: the server needs --api-token-file, or --http on a loopback address',
      );
    return;
  }
  if (isWrite) checkToken(request.headers.get('authorization'), token);
}

function checkBrowser(headers: Headers): void {
  const host = headers.get('host') ?? '';
  const name = host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  if (isIP(name) === 0 && name !== 'localhost')
    throw problem(403, 'Host must be an IP address or localhost: the server has no --api-token-file');
  const origin = headers.get('origin');
  if (origin !== null && origin !== `http://${host}`)
    throw problem(403, 'requests of pages from elsewhere are refused: the server has no --api-token-file');
}

function checkToken(given: string | null, token: string): void {
  const [, said] = /^Bearer +(\S+) *$/i.exec(given ?? '') ?? [];
  const headers = { 'www-authenticate': 'Bearer realm="fingerpost"' };
  if (said === undefined)
    throw problem(401, 'this needs the token of the server: Authorization: Bearer TOKEN', { headers });
  // As hashes, so that neither length nor content shows in the time it takes.
  if (!timingSafeEqual(digest(said), digest(token)))
    throw problem(401, 'the token is another one', { headers });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
