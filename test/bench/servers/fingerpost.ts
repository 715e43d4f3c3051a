// Fingerpost, as its users run it: the built entry point where there is one.
import { existsSync, globSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../support/ports.ts';
import type { TestBed } from '../harness/bed.ts';
import { SERVER_CORE } from '../harness/dnsperf.ts';
import { progress } from '../harness/progress.ts';
import type { Running } from '../harness/running.ts';
import { answers, type Data, type ServerKind, type Started } from './server.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const BUILT = `${ROOT}dist/cli/main.js`;
const SOURCE = `${ROOT}src/cli/main.ts`;

/** The entry point that is measured: what `npm run build` made, unless a source file is newer. */
export const ENTRY = entryPoint();

function entryPoint(): string {
  if (!existsSync(BUILT)) return SOURCE;
  const built = statSync(BUILT).mtimeMs;
  const newer = globSync(`${ROOT}src/**/*.ts`).find((file) => statSync(file).mtimeMs > built);
  if (newer === undefined) return BUILT;
  progress(`dist/ is older than ${newer.slice(ROOT.length)}: measuring the sources (npm run build)`);
  return SOURCE;
}

export interface FingerpostOptions {
  readonly port: number;
  readonly etcd: string;
  readonly core?: number;
  /** Further flags of `serve`. */
  readonly flags?: readonly string[];
}

/** Starts it without waiting: it prints a line with `ready` when it answers. */
export function spawnFingerpost(bed: TestBed, options: FingerpostOptions): Running {
  const command = [
    ...[process.execPath, '--disable-warning=ExperimentalWarning', ENTRY],
    ...['serve', '--listen', `127.0.0.1:${options.port}`, '--http', 'off'],
    ...['--registry', `etcd://${options.etcd}/skydns`, ...(options.flags ?? [])],
  ];
  const core = options.core === undefined ? {} : { core: options.core };
  return bed.start(command, { cwd: bed.folder('cwd'), ...core });
}

/** Starts it on SERVER_CORE and waits for `ready`. */
export async function startFingerpost(
  bed: TestBed,
  etcd: string,
  flags: readonly string[] = [],
): Promise<Started> {
  const port = await freePort();
  const running = spawnFingerpost(bed, { port, etcd, core: SERVER_CORE, flags });
  await running.line(/ready/);
  return { running, port };
}

/** Fingerpost with these flags of `serve`. */
export function fingerpost(name: string, flags: readonly string[]): ServerKind {
  return {
    name,
    missing: () => undefined,
    start: async (bed: TestBed, data: Data) => answers(await startFingerpost(bed, data.etcd, flags), data),
  };
}

/** One worker, which asks `upstream`, a port on the loopback; one client may ask for as much at once as it likes. */
export function forwardingFingerpost(upstream: number, flags: readonly string[] = []): ServerKind {
  return fingerpost(workerFingerpost.name, [
    ...['--workers', '1', '--forward', `127.0.0.1:${upstream}`, '--forward-max-per-client', '1000'],
    ...flags,
  ]);
}

/** UDP through node:dgram on the main thread. */
export const portableFingerpost = fingerpost('fingerpost, portable', ['--workers', '0']);

/** UDP in batches by one worker thread, where the system has it. */
export const workerFingerpost = fingerpost('fingerpost, one worker', ['--workers', '1']);
