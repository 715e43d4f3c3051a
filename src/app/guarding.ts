// From options to what guards go by: access, limits, and the secrets of cookies, which are read from their file each time.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { FingerpostError, messageOf } from '../base/errors.ts';
import { type GuardSettings, MAX_SECRETS } from '../guard/settings.ts';
import { SECRET_LENGTH } from '../guard/siphash.ts';
import type { Options } from './config.ts';

type GuardOptions = Pick<
  Options,
  'acl' | 'rateLimit' | 'rateLimitSlip' | 'rateLimitExempt' | 'cookies' | 'cookieSecretFile'
>;

/** A secret of this process alone: servers that share an address need a file. */
export function ownSecret(): Uint8Array {
  return randomBytes(SECRET_LENGTH);
}

/** Secrets as lines of 32 hexadecimal digits; empty lines and those that begin with # are left out. */
function secretsIn(path: string): Uint8Array[] {
  const bad = (why: string, cause?: unknown) =>
    new FingerpostError('config', `cookie-secret-file: ${path}${why}`, { cause });
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw bad(`: cannot be read: ${messageOf(error)}`);
  }
  const lines = text.split('\n').map((line) => line.trim());
  const wrong = lines.findIndex((line) => line !== '' && !/^(#.*|[0-9a-f]{32})$/i.test(line));
  // What was read stays out of the message: it is nearly a secret.
  if (wrong >= 0) throw bad(`:${wrong + 1}: allowed: 32 hexadecimal digits`);
  const secrets = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (secrets.length === 0 || secrets.length > MAX_SECRETS)
    throw bad(
      `: read ${secrets.length} secrets, allowed: 1 to ${MAX_SECRETS} lines of 32 hexadecimal digits`,
    );
  return secrets.map((line) => Buffer.from(line, 'hex'));
}

/** `own` makes cookies where no file is named. Throws a FingerpostError of code `config` for a mistake in the file. */
export function guardSettings(options: GuardOptions, own: Uint8Array): GuardSettings {
  const { cookies, cookieSecretFile } = options;
  const secrets = cookieSecretFile === undefined ? [own] : secretsIn(cookieSecretFile);
  return {
    rules: options.acl ?? [],
    rate: options.rateLimit,
    slip: options.rateLimitSlip,
    exempt: options.rateLimitExempt ?? [],
    secrets: cookies ? secrets : [],
  };
}
