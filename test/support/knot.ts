// Knot DNS from Debian as another server: zones of its own, on a port of its own.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dig } from './dig.ts';
import { freePort } from './ports.ts';
import type { Running } from './program.ts';
import type { Scene } from './scene.ts';
import type { Address } from './server.ts';

/** Zone files by the name of the zone. */
export type ZoneFiles = Readonly<Record<string, string>>;

/** How long to wait for a server, in tries of a second at most. */
const TRIES = 60;

export function knotConfig(folder: string, listen: string, zones: ZoneFiles): string {
  return [
    'server:',
    `  rundir: ${folder}`,
    `  listen: ${listen}`,
    '  udp-workers: 1',
    '  tcp-workers: 1',
    '  background-workers: 1',
    'database:',
    `  storage: ${folder}`,
    'template:',
    '  - id: default',
    `    storage: ${folder}`,
    '    zonefile-sync: -1',
    '    zonefile-load: whole',
    '    journal-content: none',
    'zone:',
    ...Object.keys(zones).flatMap((zone) => [`  - domain: ${zone}`, `    file: ${zone}.zone`]),
    '',
  ].join('\n');
}

/** Writes configuration and zones; the path of the configuration. */
export async function prepareKnot(folder: string, listen: string, zones: ZoneFiles): Promise<string> {
  for (const [zone, text] of Object.entries(zones)) await writeFile(join(folder, `${zone}.zone`), text);
  const path = join(folder, 'knot.conf');
  await writeFile(path, knotConfig(folder, listen, zones));
  return path;
}

export interface Knot {
  readonly address: Address;
  readonly running: Running;
}

/** Starts it on the loopback; answers when this resolves. */
export async function startKnot(scene: Scene, zones: ZoneFiles, port?: number): Promise<Knot> {
  const folder = await scene.folder();
  const address = { host: '127.0.0.1', port: port ?? (await freePort()) };
  const config = await prepareKnot(folder, `${address.host}@${address.port}`, zones);
  const running = scene.run('/usr/sbin/knotd', ['-c', config], { cwd: folder });
  const [zone = ''] = Object.keys(zones);
  await untilAnswered(running, () => dig(address, '+time=1', '+tries=1', zone, 'SOA'));
  return { address, running };
}

/** Resolves when `ask`, which gives what dig prints, shows NOERROR; rejects when the server has ended, or after a minute. */
export async function untilAnswered(running: Running, ask: () => Promise<string>): Promise<void> {
  for (let tries = 1; ; tries++) {
    const said = await ask().catch(String);
    if (/status: NOERROR/.test(said)) return;
    if (tries === TRIES || running.ended) throw new Error(`${said}\n${running.err.text}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
