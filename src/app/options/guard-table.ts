// The rows of the table that are about guards: who may ask, how often, and cookies.
import { accessRules, networks } from './access.ts';
import { option, optional } from './option.ts';
import { onOff, readableFile, whole } from './values.ts';

export const guardTable = {
  acl: optional({
    group: 'serve',
    value: 'RULE',
    help: 'who may ask: allow, deny (REFUSED) or drop and networks, or any; the first rule that holds counts, without one all may',
    allowed: 'allow, deny or drop with networks or any: "deny 10.0.0.0/8 2001:db8::/32"',
    repeated: true,
    live: true,
    schema: accessRules,
  }),
  rateLimit: option({
    group: 'serve',
    value: 'N',
    help: 'replies a second over UDP to clients of one network (/24, /56); 0 for no limit',
    allowed: 'a whole number from 0 to 1000000',
    fallback: '0',
    live: true,
    schema: whole(0, 1_000_000),
  }),
  rateLimitSlip: option({
    group: 'serve',
    value: 'N',
    help: 'every so many replies over the limit are sent truncated, so that real clients come over TCP; 0 for none',
    allowed: 'a whole number from 0 to 1000',
    fallback: '1',
    live: true,
    schema: whole(0, 1000),
  }),
  rateLimitExempt: optional({
    group: 'serve',
    value: 'NETWORK',
    help: 'network whose clients are not limited',
    allowed: 'a network such as 10.0.0.0/8 or fd00::/8',
    repeated: true,
    live: true,
    schema: networks,
  }),
  cookies: option({
    group: 'serve',
    value: 'on|off',
    help: 'give clients DNS cookies (RFC 7873); who has one is not limited',
    allowed: 'on or off',
    fallback: 'on',
    live: true,
    schema: onOff,
  }),
  cookieSecretFile: optional({
    group: 'serve',
    value: 'FILE',
    help: 'secrets of cookies for servers that share an address: lines of 32 hex digits, the first makes cookies',
    allowed: 'the path of a readable file',
    live: true,
    schema: readableFile,
  }),
};
