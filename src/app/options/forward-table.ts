// The rows of the table that are about other servers: forwarding, its cache, stub zones, names as people type them.
import { isProblem } from '../../service/problem.ts';
import { addressText, type ListenAddress, parseAddress } from './address.ts';
import { option, optional } from './option.ts';
import { splitStubs, stubSchema } from './stub.ts';
import { bytes, distinct, list, network, read, whole } from './values.ts';
import { zoneName } from './zone.ts';

const DNS_PORT = 53;
const MAX_TTL = 2 ** 31 - 1;
const SECONDS = `a whole number of seconds from 0 to ${MAX_TTL}`;

/** The system's own servers, or the address of one. */
export type ForwardTarget = 'resolv.conf' | ListenAddress;

const target = read<ForwardTarget>((input) => {
  if (input === 'resolv.conf') return input;
  const text = typeof input === 'object' && input !== null ? textOf(input) : String(input);
  const address = parseAddress(text.trim(), DNS_PORT);
  if (isProblem(address)) return address;
  return address.port === 0 ? { problem: `"${text}": nobody answers at port 0` } : address;
});

function textOf(input: object): string {
  return 'host' in input && 'port' in input
    ? addressText({ host: String(input.host), port: Number(input.port) })
    : '';
}

function targetText(one: ForwardTarget): string {
  return one === 'resolv.conf' ? one : addressText(one);
}

const domain = read<string>((input) => zoneName(String(input).trim()));

/** RFC 1918, RFC 4193, loopback and link-local. */
const NEARBY = [
  '127.0.0.0/8',
  '::1',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
].join(',');

const commas = (text: string): string[] => text.split(',');

export const forwardTable = {
  forward: optional({
    group: 'serve',
    value: 'ADDR[:PORT]',
    help: "ask this server about names outside the zones; resolv.conf stands for the system's own servers",
    allowed: 'ADDR, ADDR:PORT, [IPv6]:PORT or resolv.conf, such as 192.0.2.53 (ADDR is an IP address)',
    repeated: true,
    live: true,
    schema: distinct(list(target, commas), targetText),
  }),
  forwardFor: option({
    group: 'serve',
    value: 'NETWORK',
    help: 'clients whose questions are passed on to other servers; all others are refused',
    allowed: 'networks and addresses such as 10.0.0.0/8 or fd00::1',
    fallback: NEARBY,
    repeated: true,
    live: true,
    schema: list(network, commas),
  }),
  forwardTimeout: option({
    group: 'serve',
    value: 'S',
    help: 'how long other servers may take before the client is told that nobody answers',
    allowed: 'a whole number of seconds from 1 to 30',
    fallback: '4',
    live: true,
    schema: whole(1, 30),
  }),
  forwardMax: option({
    group: 'serve',
    value: 'N',
    help: 'questions that may wait for other servers at one time',
    allowed: 'a whole number from 1 to 100000',
    fallback: '1000',
    live: true,
    schema: whole(1, 100_000),
  }),
  forwardMaxPerClient: option({
    group: 'serve',
    value: 'N',
    help: 'questions of one client that may wait for other servers at one time',
    allowed: 'a whole number from 1 to 100000',
    fallback: '100',
    live: true,
    schema: whole(1, 100_000),
  }),
  forwardCache: option({
    group: 'serve',
    value: 'SIZE',
    help: 'memory for answers of other servers; 0 keeps none',
    allowed: 'a number of bytes or a size such as 16MiB (KiB, MiB, GiB), from 0 to 4GiB',
    fallback: '16MiB',
    schema: bytes(0, 4 * 2 ** 30),
  }),
  forwardMinTtl: option({
    group: 'serve',
    value: 'S',
    help: 'least time to keep an answer of another server',
    allowed: SECONDS,
    fallback: '0',
    live: true,
    schema: whole(0, MAX_TTL),
  }),
  forwardMaxTtl: option({
    group: 'serve',
    value: 'S',
    help: 'longest time to keep an answer of another server',
    allowed: SECONDS,
    fallback: '86400',
    live: true,
    schema: whole(0, MAX_TTL),
  }),
  forwardStaleMax: option({
    group: 'serve',
    value: 'S',
    help: 'how long past its time an answer is given out while other servers fail; 0 for not at all',
    allowed: SECONDS,
    fallback: '86400',
    live: true,
    schema: whole(0, MAX_TTL),
  }),
  stub: optional({
    group: 'serve',
    value: 'ZONE=ADDR[:PORT],...',
    help: 'ask these servers about names in this zone',
    allowed: 'a zone and its servers, such as example.com=172.16.1.1:54,172.16.1.2',
    repeated: true,
    live: true,
    schema: distinct(list(stubSchema, splitStubs), ({ zone }) => zone),
  }),
  externalTimeout: option({
    group: 'serve',
    value: 'S',
    help: 'how long to wait for the addresses of a host outside the zones that a service names',
    allowed: 'a whole number of seconds from 1 to 30',
    fallback: '2',
    live: true,
    schema: whole(1, 30),
  }),
  ndots: option({
    group: 'serve',
    value: 'N',
    help: 'names with fewer dots are not passed on to other servers',
    allowed: 'a whole number from 0 to 15',
    fallback: '1',
    live: true,
    schema: whole(0, 15),
  }),
  search: optional({
    group: 'serve',
    value: 'ZONE',
    help: "the search domains in clients' resolv.conf, in order: a name that does not exist in the first is looked for in the others and as it was typed",
    allowed: 'a domain name',
    repeated: true,
    live: true,
    schema: distinct(list(domain, commas), (name) => name),
  }),
  local: optional({
    group: 'serve',
    value: 'NAME',
    help: 'what local.dns.<zone> stands for',
    allowed: 'a domain name',
    live: true,
    schema: domain,
  }),
};
