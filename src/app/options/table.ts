// The table of options: every flag, environment variable and file key there is, with its default and what it allows.
import { availableParallelism, hostname, networkInterfaces } from 'node:os';
import { z } from 'zod';
import { addressText, type ListenAddress, parseAddress } from './address.ts';
import { forwardTable } from './forward-table.ts';
import { guardTable } from './guard-table.ts';
import { observersTable } from './observers-table.ts';
import { option, optional } from './option.ts';
import { registryUrl } from './registry-url.ts';
import { bytes, distinct, list, oneOf, onOff, percent, read, readableFile, text, whole } from './values.ts';
import { splitZones, zoneSchema } from './zone.ts';

/** RFC 2181 section 8. */
const MAX_TTL = 2 ** 31 - 1;
/** The table's places count up to 2^31 units of 4 bytes. */
const MIN_TABLE = 2 ** 20;
const MAX_TABLE = 4 * 2 ** 30;
const MAX_WORKERS = 16;
const SECONDS = `a whole number of seconds from 0 to ${MAX_TTL}`;

/** An address as text, or as the object that it is read into. */
const address = (barePort: number | undefined) =>
  read<ListenAddress>((input) => {
    if (typeof input === 'string') return parseAddress(input, barePort);
    if (typeof input !== 'object' || input === null || !('host' in input && 'port' in input))
      return { problem: '' };
    return parseAddress(addressText({ host: String(input.host), port: Number(input.port) }), barePort);
  });

const http = read<ListenAddress | 'off'>((input) => {
  if (input === 'off' || input === false) return 'off';
  const parsed = address(undefined).safeParse(input);
  return parsed.success ? parsed.data : { problem: parsed.error.issues[0]?.message ?? '' };
});

/** The IPv6 loopback is left out of the default where the machine has none: there it could not be opened. */
function defaultListen(): string {
  const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some((own) => own.address === '::1'));
  return hasIpv6 ? '127.0.0.1:5300,[::1]:5300' : '127.0.0.1:5300';
}

/** `id.server` is one character-string of 255 bytes at most. */
const serverId = text(255);

function defaultServerId(): string {
  const parsed = serverId.safeParse(hostname());
  return parsed.success ? parsed.data : 'fingerpost';
}

export const table = {
  config: optional({
    group: 'all',
    value: 'FILE',
    help: 'read options from this YAML file',
    allowed: 'the path of a readable file',
    notInFile: true,
    schema: readableFile,
  }),
  registry: option({
    group: 'registry',
    value: 'URL',
    help: 'where the services are: sqlite:PATH, etcd://HOST:PORT,.../PREFIX (etcds:// for TLS), or another server by its --http address: http://HOST:PORT',
    allowed:
      'sqlite:PATH, etcd://HOST:PORT[,HOST:PORT...][/PREFIX], etcds://..., http://HOST:PORT or https://...',
    fallback: 'sqlite:fingerpost.db',
    schema: registryUrl,
  }),
  etcdCa: optional({
    group: 'registry',
    value: 'FILE',
    help: 'certificates to trust for etcds://, PEM',
    allowed: 'the path of a readable file',
    schema: readableFile,
  }),
  etcdCert: optional({
    group: 'registry',
    value: 'FILE',
    help: 'client certificate for etcds://, PEM',
    allowed: 'the path of a readable file',
    schema: readableFile,
  }),
  etcdKey: optional({
    group: 'registry',
    value: 'FILE',
    help: 'key of the client certificate, PEM',
    allowed: 'the path of a readable file',
    schema: readableFile,
  }),
  etcdUser: optional({
    group: 'registry',
    value: 'NAME',
    help: 'user to log in to etcd as',
    allowed: 'a user name',
    schema: text(255),
  }),
  etcdPasswordFile: optional({
    group: 'registry',
    value: 'FILE',
    help: "file that holds the user's password",
    allowed: 'the path of a readable file',
    schema: readableFile,
  }),
  apiTokenFile: optional({
    group: 'registry',
    value: 'FILE',
    help: 'token of the HTTP API: serve asks it of those that write, other commands bring it to an http:// registry',
    allowed: 'the path of a readable file',
    live: true,
    schema: readableFile,
  }),
  zone: option({
    group: 'zone',
    value: 'NAME',
    help: 'zone to answer for: a name, or a network such as 10.0.0.0/8 for its reverse zone; may add ,match=exact, ,apex=subtree and ,weights=65535',
    allowed:
      'a domain name or a network, with match (subtree or exact), apex (services or subtree) and weights (100 to 65535): skydns.local,match=exact',
    fallback: 'skydns.local',
    repeated: true,
    schema: distinct(list(zoneSchema, splitZones), (zone) => zone.name),
  }),
  listen: option({
    group: 'serve',
    value: 'ADDR:PORT',
    help: 'answer DNS here, over UDP and TCP; port 0 picks a free one, an address alone means port 53',
    allowed: 'ADDR:PORT, [IPv6]:PORT or ADDR, such as 127.0.0.1:5300 (ADDR is an IP address)',
    fallback: '127.0.0.1:5300,[::1]:5300',
    fallbackHere: defaultListen,
    repeated: true,
    schema: distinct(
      list(address(53), (texts) => texts.split(',')),
      (at) => (at.port === 0 ? undefined : addressText(at)),
    ),
  }),
  http: option({
    group: 'serve',
    value: 'ADDR:PORT',
    help: 'serve /healthz, /readyz and /metrics here, or off',
    allowed: 'ADDR:PORT, [IPv6]:PORT or off',
    fallback: '127.0.0.1:5380',
    schema: http,
  }),
  stateDir: optional({
    group: 'serve',
    value: 'DIR',
    help: "keep a snapshot of etcd's services here, to start with when etcd cannot be reached",
    allowed: 'the path of a directory, which is made where there is none',
    schema: text(4096),
  }),
  staleTtl: option({
    group: 'serve',
    value: 'S',
    help: 'most that a TTL may be while the registry is cut off',
    allowed: `a whole number of seconds from 1 to ${MAX_TTL}`,
    fallback: '30',
    live: true,
    schema: whole(1, MAX_TTL),
  }),
  staleMax: option({
    group: 'serve',
    value: 'S',
    help: 'answer SERVFAIL when the registry has been cut off for so long, or never',
    allowed: `a whole number of seconds from 1 to ${MAX_TTL}, or never`,
    fallback: 'never',
    live: true,
    schema: z.union([z.literal('never'), whole(1, MAX_TTL)]),
  }),
  expiryGuard: option({
    group: 'serve',
    value: 'PERCENT|off',
    help: 'hold the services of a name for 60 s when more of its leased ones expire at once, at least 10; or off',
    allowed: 'a whole number of percent from 1 to 99, or off',
    fallback: '50%',
    live: true,
    schema: percent(1, 99),
  }),
  ttl: option({
    group: 'serve',
    value: 'S',
    help: 'TTL of records that have none of their own',
    allowed: SECONDS,
    fallback: '30',
    live: true,
    schema: whole(0, MAX_TTL),
  }),
  negativeTtl: option({
    group: 'serve',
    value: 'S',
    help: 'how long others may remember that a name does not exist',
    allowed: SECONDS,
    fallback: '10',
    live: true,
    schema: whole(0, MAX_TTL),
  }),
  chaos: option({
    group: 'serve',
    value: 'on|off',
    help: 'answer version.bind, id.server and the like (CHAOS TXT)',
    allowed: 'on or off',
    fallback: 'on',
    live: true,
    schema: onOff,
  }),
  serverId: option({
    group: 'serve',
    value: 'TEXT',
    help: 'what id.server and hostname.bind answer',
    allowed: 'a text of 1 to 255 bytes without control characters',
    fallback: 'the host name',
    fallbackHere: defaultServerId,
    schema: serverId,
  }),
  workers: option({
    group: 'serve',
    value: 'N',
    help: 'threads that answer UDP, for each address listened on; 0 for portable UDP on the main thread',
    allowed: `a whole number from 0 to ${MAX_WORKERS}`,
    fallback: 'one less than processors, at least 1',
    fallbackHere: () => String(Math.min(MAX_WORKERS, Math.max(1, availableParallelism() - 1))),
    schema: whole(0, MAX_WORKERS),
  }),
  tableSize: option({
    group: 'serve',
    value: 'SIZE',
    help: 'memory for the table of answers',
    allowed: 'a number of bytes or a size such as 64MiB (KiB, MiB, GiB), from 1MiB to 4GiB',
    fallback: '64MiB',
    schema: bytes(MIN_TABLE, MAX_TABLE),
  }),
  ...forwardTable,
  tcpMaxConnections: option({
    group: 'serve',
    value: 'N',
    help: 'TCP connections open at once, in total',
    allowed: 'a whole number from 1 to 1000000',
    fallback: '1000',
    schema: whole(1, 1_000_000),
  }),
  tcpMaxPerClient: option({
    group: 'serve',
    value: 'N',
    help: 'TCP connections open at once from one address',
    allowed: 'a whole number from 1 to 1000000',
    fallback: '100',
    schema: whole(1, 1_000_000),
  }),
  tcpIdleTimeout: option({
    group: 'serve',
    value: 'S',
    help: 'close a TCP connection that asks nothing for so long',
    allowed: 'a whole number of seconds from 1 to 3600',
    fallback: '10',
    schema: whole(1, 3600),
  }),
  ...guardTable,
  user: optional({
    group: 'serve',
    value: 'NAME[:GROUP]',
    help: 'started by root: open the ports, and do everything else as this user',
    allowed: 'NAME or NAME:GROUP, names or numbers',
    schema: text(255),
  }),
  reusePort: option({
    group: 'serve',
    value: 'on|off',
    help: 'share the ports with other instances (SO_REUSEPORT), so that a new one can take over from an old one',
    allowed: 'on or off',
    fallback: 'off',
    schema: onOff,
  }),
  lameduck: option({
    group: 'serve',
    value: 'S',
    help: 'when stopped, say so (/readyz 503) and answer for so long all the same',
    allowed: 'a whole number of seconds from 0 to 3600',
    fallback: '0',
    live: true,
    schema: whole(0, 3600),
  }),
  ...observersTable,
  logLevel: option({
    group: 'log',
    value: 'LEVEL',
    help: 'least level that is logged: debug, info, warn or error',
    allowed: 'debug, info, warn or error',
    fallback: 'info',
    live: true,
    schema: oneOf(['debug', 'info', 'warn', 'error']),
  }),
  logFormat: option({
    group: 'log',
    value: 'FORMAT',
    help: 'json, pretty, or auto: pretty on a terminal, else JSON lines',
    allowed: 'auto, json or pretty',
    fallback: 'auto',
    schema: oneOf(['auto', 'json', 'pretty']),
  }),
  examples: optional({
    group: 'serve',
    value: 'FILE',
    help: 'put the services of this YAML file into the registry if it is empty',
    allowed: 'the path of a readable file',
    schema: readableFile,
  }),
};
