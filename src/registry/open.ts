// Opens the registry that a URL names, loading only the engine that it needs.
import type { Clock } from '../base/clock.ts';
import { FingerpostError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { statusPrefix } from './applied.ts';
import type { Registry } from './registry.ts';
import type { EtcdUrl, RegistryUrl } from './url.ts';

/** PEM texts; what is absent is left to the defaults of TLS. */
export interface TlsFiles {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** How to log in; what is set here wins over the URL. */
export interface RegistryLogin {
  readonly tls?: TlsFiles;
  readonly user?: string;
  readonly password?: string;
  /** Of the HTTP API of another server. */
  readonly token?: string;
}

export interface RegistryDeps {
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * The registry at `url`. etcd is connected to when it is first used; a file is opened now.
 * Rejects with a FingerpostError: `registry` when the file cannot be used, `config` when the options contradict.
 */
export async function openRegistry(
  url: RegistryUrl,
  deps: RegistryDeps,
  login: RegistryLogin = {},
): Promise<Registry> {
  if (url.kind === 'sqlite') {
    const { SqliteRegistry } = await import('./sqlite.ts');
    return new SqliteRegistry(url, deps);
  }
  if (url.kind === 'http') {
    const { HttpRegistry } = await import('./http.ts');
    return new HttpRegistry({ ...url, token: login.token }, deps);
  }
  const { EtcdRegistry } = await import('./etcd.ts');
  return new EtcdRegistry({ ...url, ...credentialsOf(url, login) }, deps);
}

/**
 * The keys beside the records, below `<prefix>-status/`, over connections of their own: what goes wrong there harms nobody
 * else. Undefined where the registry has no place for them.
 */
export async function openStatuses(
  url: RegistryUrl,
  deps: RegistryDeps,
  login: RegistryLogin = {},
): Promise<Registry | undefined> {
  if (url.kind === 'http') return undefined;
  const prefix = statusPrefix(url.prefix);
  if (url.kind === 'etcd') return openRegistry({ ...url, prefix }, deps, login);
  const { SqliteRegistry } = await import('./sqlite.ts');
  return new SqliteRegistry({ ...url, prefix, isDurable: false }, deps);
}

function credentialsOf(url: EtcdUrl, { tls = {}, user = url.user, password = url.password }: RegistryLogin) {
  const files = Object.keys(tls).length > 0;
  if (files && !url.secure) {
    throw new FingerpostError(
      'config',
      `registry ${url.url}: a CA, certificate or key needs etcds://, not etcd://`,
    );
  }
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    throw new FingerpostError('config', `registry ${url.url}: a certificate and its key go together`);
  }
  if (password !== undefined && user === undefined) {
    throw new FingerpostError('config', `registry ${url.url}: there is a password but no user`);
  }
  return {
    ...(url.secure && { tls }),
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
  };
}
