// The token of the HTTP API, from its file: what a server asks of those that write, and what a command brings.
import { readFileSync } from 'node:fs';
import { FingerpostError, messageOf } from '../../base/errors.ts';

/** What a header field can hold as one word (RFC 6750 section 2.1 allows less). */
const TOKEN = /^[!-~]{1,1024}$/;

/** The first line of the file; undefined where none is named. Throws a FingerpostError `config`. */
export function apiTokenIn(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new FingerpostError('config', `api-token-file: cannot read ${path}: ${messageOf(cause)}`);
  }
  const [line = ''] = text.split(/\r?\n/);
  const token = line.replace(/^\ufeff/, '').trim();
  if (TOKEN.test(token)) return token;
  // What was read stays out of the message: it is nearly a secret.
  const why = token === '' ? 'is empty' : 'is no token';
  throw new FingerpostError(
    'config',
    `api-token-file: the first line of ${path} ${why}, allowed: 1 to 1024 ASCII characters without spaces and control characters`,
  );
}
