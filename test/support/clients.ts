// Programs that resolve names, each with a resolver of its own, as they run in a container: what they are asked, what they find.
import { copyFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Host } from './namespaces.ts';
import type { Ended } from './program.ts';

const SOURCES = join(import.meta.dirname, 'clients');

export interface Client {
  readonly name: string;
  /** The addresses of a name; none where it has none. */
  readonly addresses: (name: string) => Promise<string[]>;
  /** `TARGET PORT` of each SRV record; undefined for programs that know none. */
  readonly services?: (name: string) => Promise<string[]>;
  /** It asks over UDP alone, and takes what came of an answer that was too long. */
  readonly isUdpOnly?: boolean;
}

/** Compiles what must be compiled in `folder` and says how to run each client on `host`. */
export async function clientsOn(host: Host, folder: string): Promise<Client[]> {
  const place = { cwd: folder };
  const run = (command: string, ...args: string[]): Promise<Ended> => host.run(command, args, place);
  const must = async (command: string, ...args: string[]): Promise<void> => {
    const { code, stderr, stdout } = await run(command, ...args);
    if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}${stdout}`);
  };
  for (const file of ['resolve.c', 'resolve.go', 'Resolve.java', 'resolve.py', 'resolve.mjs'])
    copyFileSync(join(SOURCES, file), join(folder, file));
  await Promise.all([
    must('musl-gcc', '-static', '-o', 'resolve-musl', 'resolve.c'),
    must('ecj', '-proc:none', '-17', '-d', '.', 'Resolve.java'),
    must('/usr/lib/go/bin/go', 'build', '-o', 'resolve-go', 'resolve.go'),
  ]);
  const asking =
    (...command: [string, ...string[]]) =>
    async (name: string): Promise<string[]> =>
      linesOf(await run(...command, name));
  const ofGo = (resolver: 'go' | 'cgo'): Client => ({
    name: resolver === 'go' ? "Go's own resolver" : 'Go through cgo',
    addresses: asking('env', `GODEBUG=netdns=${resolver}`, './resolve-go', 'host'),
    ...(resolver === 'go' ? { services: asking('env', 'GODEBUG=netdns=go', './resolve-go', 'srv') } : {}),
  });
  return [
    { name: 'getent (glibc)', addresses: async (name) => firstWords(await run('getent', 'ahosts', name)) },
    { name: 'musl', addresses: asking('./resolve-musl', 'host'), isUdpOnly: true },
    {
      name: 'Node, c-ares',
      addresses: asking(process.execPath, 'resolve.mjs', 'cares'),
      services: asking(process.execPath, 'resolve.mjs', 'srv'),
    },
    { name: 'Node, dns.lookup', addresses: asking(process.execPath, 'resolve.mjs', 'lookup') },
    ofGo('go'),
    ofGo('cgo'),
    {
      name: 'Java',
      addresses: asking('java', '-cp', '.', 'Resolve', 'host'),
      services: asking('java', '-cp', '.', 'Resolve', 'srv'),
    },
    { name: 'Python', addresses: asking('python3', 'resolve.py', 'host') },
    {
      name: 'busybox nslookup',
      addresses: async (name) => addressesIn(await run('busybox', 'nslookup', name)),
      isUdpOnly: true,
    },
  ];
}

function linesOf({ code, stdout }: Ended): string[] {
  return code === 0 ? sorted(stdout.trim().split('\n')) : [];
}

function firstWords({ stdout }: Ended): string[] {
  return sorted(stdout.split('\n').flatMap((line) => /^\S+/.exec(line)?.[0] ?? []));
}

/** Addresses behind the name; the server's own stands before it. */
function addressesIn({ stdout }: Ended): string[] {
  const lines = stdout.split('\n');
  const answers = lines.slice(lines.findIndex((line) => line.startsWith('Name:')));
  return sorted(answers.flatMap((line) => /^Address[ 0-9]*: (\S+)/.exec(line)?.[1] ?? []));
}

/** Once each; IPv6 addresses as RFC 5952 writes them. */
function sorted(words: readonly string[]): string[] {
  const shown = words.map((word) =>
    isIPv6(word) ? new URL(`http://[${word}]`).hostname.slice(1, -1) : word,
  );
  return [...new Set(shown.filter((word) => word !== ''))].sort();
}
