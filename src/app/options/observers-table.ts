// The rows of the table that are about those who look on: query log and dnstap.
import { rcodeFromName } from '../../wire/codes.ts';
import { networks } from './access.ts';
import { option, optional } from './option.ts';
import { list, read, text } from './values.ts';
import { zoneName } from './zone.ts';

const commas = (written: string): string[] => written.split(',');

/** `1%`, `0.05%`, or a number of percent, as that number. */
const share = read<number>((input) => {
  const number = /^(\d{1,3}(?:\.\d{1,6})?)\s*%?$/.exec(String(input).trim())?.[1];
  const part = Number(number);
  return part > 0 && part <= 100 ? part : { problem: '' };
});

const zone = read<string>((input) => zoneName(String(input).trim()));

const rcode = read<number>((input) => {
  if (typeof input === 'number') return input;
  return rcodeFromName(String(input).trim()) ?? { problem: `"${input}" is no rcode` };
});

/** `unix:PATH`. */
const unixSocket = read<string>((input) => {
  const path = /^unix:(.+)$/.exec(String(input))?.[1];
  // struct sockaddr_un has room for 107 bytes (unix(7)).
  if (path === undefined || /\p{Cc}/u.test(path)) return { problem: '' };
  return Buffer.byteLength(path) <= 107 ? `unix:${path}` : { problem: 'the path is longer than 107 bytes' };
});

export const observersTable = {
  queryLog: optional({
    group: 'serve',
    value: 'FILE|-',
    help: 'write a line of JSON for each reply to this file, opened anew on SIGHUP; - is standard output',
    allowed: 'the path of a file that can be written, or -',
    live: true,
    schema: text(4096),
  }),
  queryLogSample: option({
    group: 'serve',
    value: 'PERCENT',
    help: 'log this part of all replies, picked at random',
    allowed: 'more than 0% and at most 100%, such as 1% or 0.05%',
    fallback: '100%',
    live: true,
    schema: share,
  }),
  queryLogZone: optional({
    group: 'serve',
    value: 'NAME',
    help: 'log questions about this name and what lies below it only',
    allowed: 'a domain name, or a network for its reverse zone',
    repeated: true,
    live: true,
    schema: list(zone, commas),
  }),
  queryLogRcode: optional({
    group: 'serve',
    value: 'RCODE',
    help: 'log replies with this rcode only',
    allowed: 'NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, BADVERS, BADCOOKIE or RCODE0 to RCODE30',
    repeated: true,
    live: true,
    schema: list(rcode, commas),
  }),
  queryLogClient: optional({
    group: 'serve',
    value: 'NETWORK',
    help: 'log questions of clients in this network only',
    allowed: 'a network such as 10.0.0.0/8 or fd00::/8',
    repeated: true,
    live: true,
    schema: networks,
  }),
  dnstap: optional({
    group: 'serve',
    value: 'unix:PATH',
    help: 'send every question and reply as dnstap to whoever listens on this socket',
    allowed: 'unix: and the path of a socket, such as unix:/run/dnstap.sock',
    live: true,
    schema: unixSocket,
  }),
};
