// One stub zone as people write it: `example.com=172.16.1.1:54,172.16.1.2`, or the object that the YAML file holds.
import { z } from 'zod';
import { isProblem, type Problem } from '../../service/problem.ts';
import { addressText, type ListenAddress, parseAddress } from './address.ts';
import { zoneName } from './zone.ts';

export interface StubOption {
  /** Lower-case, without the final dot: `example.com`, `10.in-addr.arpa`. */
  readonly zone: string;
  readonly servers: readonly ListenAddress[];
}

const DNS_PORT = 53;

const NO_SERVERS = { error: 'the servers are missing' };
const server = z.union([z.string(), z.object({ host: z.string(), port: z.number() })]);
const fields = z.strictObject({
  zone: z.string({ error: 'a stub zone has a zone' }),
  servers: z.union([z.string(), z.array(server).min(1, NO_SERVERS)], NO_SERVERS),
});

/** `ZONE=ADDR[:PORT],...` as the object that the YAML file would hold. */
function fromText(text: string): unknown {
  const equals = text.indexOf('=');
  if (equals < 0) return { zone: text };
  return { zone: text.slice(0, equals).trim(), servers: text.slice(equals + 1).trim() };
}

function serversOf(given: z.infer<typeof fields>['servers']): readonly ListenAddress[] | Problem {
  const servers: ListenAddress[] = [];
  for (const one of typeof given === 'string' ? given.split(',') : given) {
    const text = typeof one === 'string' ? one.trim() : addressText(one);
    const address = parseAddress(text, DNS_PORT);
    if (isProblem(address)) return address;
    if (address.port === 0) return { problem: `"${text}": nobody answers at port 0` };
    servers.push(address);
  }
  return servers;
}

function readStub({ zone, servers }: z.infer<typeof fields>): StubOption | Problem {
  const name = zoneName(zone);
  if (isProblem(name)) return name;
  if (name === '.') return { problem: 'the root is no stub zone: forward says whom to ask for everything' };
  const addresses = serversOf(servers);
  return isProblem(addresses) ? addresses : { zone: name, servers: addresses };
}

/** Cuts a list at its commas, except before a further server: that belongs to the zone before it. */
export function splitStubs(text: string): string[] {
  const stubs: string[] = [];
  for (const piece of text.split(',').map((part) => part.trim())) {
    const last = stubs.length - 1;
    if (piece.includes('=') || last < 0) stubs.push(piece);
    else stubs[last] = `${stubs[last]},${piece}`;
  }
  return stubs;
}

/** One stub zone, as text or as an object. */
export const stubSchema: z.ZodType<StubOption> = z
  .preprocess((input) => (typeof input === 'string' ? fromText(input) : input), fields)
  .transform((given, context) => {
    const stub = readStub(given);
    if (!isProblem(stub)) return stub;
    context.issues.push({ code: 'custom', message: stub.problem, input: given });
    return z.NEVER;
  });
