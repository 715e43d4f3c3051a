// The registry that the options name, with the files that its login is in.
import { readFileSync } from 'node:fs';
import type { Clock } from '../../base/clock.ts';
import { FingerpostError, messageOf } from '../../base/errors.ts';
import { silent } from '../../base/log.ts';
import { openRegistry, openStatuses, type RegistryDeps, type RegistryLogin } from '../../registry/open.ts';
import type { Registry } from '../../registry/registry.ts';
import { parseRegistryUrl } from '../../registry/url.ts';
import type { Options } from '../config.ts';
import { apiTokenIn } from './api-token.ts';

type RegistryOptions = Pick<
  Options,
  'registry' | 'apiTokenFile' | 'etcdCa' | 'etcdCert' | 'etcdKey' | 'etcdUser' | 'etcdPasswordFile'
>;

function contents(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new FingerpostError('config', `${option}: cannot read ${path}: ${messageOf(cause)}`);
  }
}

/** The first line: editors end a file with a newline that belongs to no password. */
function passwordIn(path: string): string {
  const password = contents('etcd-password-file', path).toString('utf8').split(/\r?\n/)[0] ?? '';
  if (password !== '') return password;
  throw new FingerpostError('config', `etcd-password-file: the first line of ${path} is empty`);
}

function loginOf({
  etcdCa,
  etcdCert,
  etcdKey,
  etcdUser,
  etcdPasswordFile,
  ...rest
}: RegistryOptions): RegistryLogin {
  const token = apiTokenIn(rest.apiTokenFile);
  const tls = {
    ...(etcdCa !== undefined && { ca: contents('etcd-ca', etcdCa) }),
    ...(etcdCert !== undefined && { cert: contents('etcd-cert', etcdCert) }),
    ...(etcdKey !== undefined && { key: contents('etcd-key', etcdKey) }),
  };
  return {
    tls,
    ...(token !== undefined && { token }),
    ...(etcdUser !== undefined && { user: etcdUser }),
    ...(etcdPasswordFile !== undefined && { password: passwordIn(etcdPasswordFile) }),
  };
}

/** Opens it; rejects with a FingerpostError: `config` for its options, `registry` for a file that cannot be used. */
export async function openRegistryOf(options: RegistryOptions, deps: RegistryDeps): Promise<Registry> {
  return openRegistry(parseRegistryUrl(options.registry), deps, loginOf(options));
}

/** The registry of what servers say of themselves, beside that of the records; undefined where there is no place for it. */
export async function openStatusesOf(
  options: RegistryOptions,
  { clock }: { readonly clock: Clock },
): Promise<Registry | undefined> {
  return openStatuses(parseRegistryUrl(options.registry), { logger: silent, clock }, loginOf(options));
}
