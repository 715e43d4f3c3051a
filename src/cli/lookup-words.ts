// The words of a lookup, in any order as dig takes them: a name or address, a type, a server.
import { isIP } from 'node:net';
import { type ListenAddress, type Options, parseAddress } from '../app/config.ts';
import { FingerpostError } from '../base/errors.ts';
import { isProblem, type Problem, quoted } from '../service/problem.ts';
import { ipv4Bytes, ipv6Bytes, ipv6Text } from '../wire/address.ts';
import { Type, typeFromName } from '../wire/codes.ts';
import { isName, nameFromText, reversedLabels } from '../wire/name.ts';

export interface Question {
  /** Labels in reading order joined by dots, one character a byte, without the final dot. */
  readonly name: string;
  /** Its number. */
  readonly type: number;
}

export interface Lookup {
  readonly question: Question;
  readonly server: ListenAddress;
}

/** `10.0.0.1` is asked as `1.0.0.10.in-addr.arpa` (RFC 1035 3.5, RFC 3596 2.5). */
function reverseName(address: string): string {
  const v4 = ipv4Bytes(address);
  if (v4 !== undefined) return `${[...v4].reverse().join('.')}.in-addr.arpa`;
  const nibbles = [...(ipv6Bytes(address) ?? [])].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${[...nibbles].reverse().join('.')}.ip6.arpa`;
}

function asciiName(text: string): string | Problem {
  const name = nameFromText(text);
  if (!isName(name)) return { problem: name };
  const labels = reversedLabels(name).reverse();
  return labels.some((label) => label.includes('.')) ? { problem: 'a dot inside a label' } : labels.join('.');
}

/** The loopback stands in for "all addresses"; replies are matched by address, so its canonical form is kept. */
export function askable({ host, port }: ListenAddress): ListenAddress {
  const v6 = ipv6Bytes(host);
  const canonical = v6 === undefined ? host : ipv6Text(v6);
  const loopback = canonical === '0.0.0.0' ? '127.0.0.1' : canonical === '::' ? '::1' : canonical;
  return { host: loopback, port };
}

function usage(message: string): FingerpostError {
  return new FingerpostError('usage', message);
}

function serverOf(word: string | undefined, { listen }: Options): ListenAddress {
  if (word === undefined) {
    const first = listen.find(({ port }) => port !== 0);
    if (first === undefined) throw usage('which server? add @ADDR:PORT');
    return askable(first);
  }
  const address = parseAddress(word.slice(1), 53);
  if (!isProblem(address)) return askable(address);
  throw usage(`${word}: ${address.problem}, allowed: @ADDR:PORT, @[IPv6]:PORT or @ADDR`);
}

/** Reads `NAME [TYPE]`, the words of `command` without its server; throws FingerpostError('usage'). */
export function readQuestion([first, second]: readonly string[], command: string): Question {
  if (first === undefined) throw usage(`which name? ${command} NAME [TYPE] [@ADDR:PORT]`);
  const address = isIP(first) !== 0 && !first.includes('%');
  const type = typeFromName(second ?? (address ? 'PTR' : 'A'));
  if (type === undefined)
    throw usage(`type: read ${quoted(second)}, allowed: ${Object.keys(Type).join(', ')} or TYPE<n>`);
  const name = asciiName(address && second === undefined ? reverseName(first) : first);
  if (isProblem(name)) throw usage(`${quoted(first)} is not a name: ${name.problem}`);
  return { name, type };
}

/** Reads `NAME [TYPE] [@ADDR:PORT]`; throws FingerpostError('usage'). An address alone asks for its PTR. */
export function readLookup(words: readonly string[], options: Options): Lookup {
  const servers = words.filter((word) => word.startsWith('@'));
  const others = words.filter((word) => !word.startsWith('@'));
  if (servers.length > 1 || others.length > 2)
    throw usage(`too many words: ${words.join(' ')}, allowed: NAME [TYPE] [@ADDR:PORT]`);
  return { question: readQuestion(others, 'lookup'), server: serverOf(servers[0], options) };
}
