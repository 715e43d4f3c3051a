// Registry URLs: `sqlite:PATH`, `etcd://host:2379,host:2379/prefix`, `etcds://...`, `http://host:5380`, `https://...`.
import { FingerpostError } from '../base/errors.ts';

export const DEFAULT_PREFIX = '/skydns';
export const DEFAULT_ETCD_PORT = 2379;

export interface SqliteUrl {
  readonly kind: 'sqlite';
  /** The URL, for people. */
  readonly url: string;
  readonly prefix: string;
  /** A file, or `:memory:`. */
  readonly path: string;
}

export interface EtcdUrl {
  readonly kind: 'etcd';
  /** The URL, for people: without user and password. */
  readonly url: string;
  readonly prefix: string;
  /** `host:port`, IPv6 addresses in brackets. */
  readonly hosts: readonly string[];
  /** Whether it was `etcds:`. */
  readonly secure: boolean;
  readonly user?: string;
  readonly password?: string;
}

export interface HttpUrl {
  readonly kind: 'http';
  /** The URL, for people. */
  readonly url: string;
  readonly prefix: string;
  /** The host alone, `host:port`, as those of etcd. */
  readonly hosts: readonly string[];
  /** `http://host:port` or `https://host:port`. */
  readonly origin: string;
}

export type RegistryUrl = SqliteUrl | EtcdUrl | HttpUrl;

const ALLOWED =
  'sqlite:PATH, etcd://HOST[:PORT],.../PREFIX, etcds://HOST[:PORT],.../PREFIX, http://HOST[:PORT] or https://HOST[:PORT]';
const ENCODE = 'user and password must be percent-encoded';
const ETCD = /^(?<scheme>etcds?):\/\/(?:(?<login>.*)@)?(?<hosts>[^@/]*)(?<path>\/[^@]*)?$/;
const HTTP = /^(?<scheme>https?):\/\/(?<host>[^@/]*)(?<path>\/[^@]*)?$/;
const HOST = /^(?<name>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(?<port>\d{1,5}))?$/;

/** Throws a FingerpostError `config` that says what was read (never a password) and what is allowed. */
export function parseRegistryUrl(text: string): RegistryUrl {
  if (text.startsWith('sqlite:')) return parseSqlite(text);
  if (/^https?:/.test(text)) return parseHttp(text);
  const parts = ETCD.exec(text)?.groups;
  if (parts === undefined) throw wrong(withoutLogin(text), 'it is none of the forms that are known');
  const url = withoutLogin(text);
  const login = parseLogin(url, parts.login);
  const hosts = (parts.hosts ?? '').split(',').map((host) => parseHost(url, host));
  const prefix = parsePrefix(url, parts.path);
  return { kind: 'etcd', url, prefix, hosts, secure: parts.scheme === 'etcds', ...login };
}

function parseSqlite(text: string): SqliteUrl {
  const path = text.slice('sqlite:'.length);
  if (path === '') throw wrong(text, 'the path is missing');
  return { kind: 'sqlite', url: text, prefix: DEFAULT_PREFIX, path };
}

function parseHttp(text: string): HttpUrl {
  if (text.includes('@'))
    throw wrong(
      withoutLogin(text),
      'there are no users: the token is in the file that --api-token-file names',
    );
  const { scheme = '', host = '', path } = HTTP.exec(text)?.groups ?? {};
  const at = parseHost(text, host, scheme === 'https' ? 443 : 80);
  return {
    kind: 'http',
    url: text,
    prefix: parsePrefix(text, path),
    hosts: [at],
    origin: `${scheme}://${at}`,
  };
}

function parseHost(url: string, text: string, usual = DEFAULT_ETCD_PORT): string {
  const { name, port = String(usual) } = HOST.exec(text)?.groups ?? {};
  if (name === undefined) throw wrong(url, `${JSON.stringify(text)} is no host with an optional port`);
  if (Number(port) < 1 || Number(port) > 65_535) throw wrong(url, `port ${port} is not within 1..65535`);
  return `${name}:${Number(port)}`;
}

function parsePrefix(url: string, path = ''): string {
  const prefix = path.replace(/\/+$/, '');
  if (prefix.includes('//') || /[?#]/.test(prefix))
    throw wrong(url, `${JSON.stringify(path)} is no key prefix`);
  return prefix === '' ? DEFAULT_PREFIX : prefix;
}

function parseLogin(url: string, login: string | undefined): { user?: string; password?: string } {
  if (login === undefined) return {};
  const [user = '', ...rest] = login.split(':');
  if (user === '') throw wrong(url, 'the user before "@" is empty');
  if (login.includes('/') || login.includes('@')) throw wrong(url, ENCODE);
  try {
    const decoded = decodeURIComponent(user);
    return rest.length === 0
      ? { user: decoded }
      : { user: decoded, password: decodeURIComponent(rest.join(':')) };
  } catch {
    throw wrong(url, ENCODE);
  }
}

/** Everything up to the last `@` may be a password. */
function withoutLogin(text: string): string {
  return text.replace(/^([a-z]*:\/\/)?.*@/, '$1');
}

function wrong(url: string, reason: string): FingerpostError {
  return new FingerpostError('config', `registry ${JSON.stringify(url)}: ${reason}; allowed: ${ALLOWED}`);
}
