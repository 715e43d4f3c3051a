// The work of `fingerpost announce`: the parts put together, from the flags to the exit code.
import { Announcement } from '../announce/announcement.ts';
import { Child } from '../announce/child.ts';
import { Holder } from '../announce/holder.ts';
import type { Owner } from '../announce/owner.ts';
import { type Announced, instanceName, type KeyValue, recordsOf } from '../announce/records.ts';
import { awaitingServers } from '../announce/servers.ts';
import { addressText, type Options } from '../app/config.ts';
import { FingerpostError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { openLog } from '../observe/log.ts';
import type { Registry } from '../registry/registry.ts';
import { labelsOf, nameOf } from '../service/key.ts';
import { isProblem } from '../service/problem.ts';
import { type AnnounceFlags, announceFlags, checkProbe } from './announce-flags.ts';
import { autoHost } from './announce-host.ts';
import { AnnounceSignals } from './announce-signals.ts';
import type { Call } from './command.ts';
import { prefixOf, withRegistry } from './registry.ts';
import type { Terminal } from './terminal.ts';
import { waitSeconds } from './waiting.ts';
import { zoneNames, zoneTest } from './zones.ts';

/** What stands for the host while that is not known (TEST-NET-1): whatever else is wrong is found with it. */
const SOME_HOST = '192.0.2.1';
const NOBODY: Owner = { id: '' };

/** Resolves to the exit code; rejects with a FingerpostError for what was called wrongly. */
export async function runAnnounce(call: Call): Promise<number> {
  const { options } = call;
  const [name = '', ...command] = call.arguments;
  const flags = announceFlags(name, call.own);
  const wait = waitSeconds(call.own);
  recordsFor(options, { ...flags.announced, host: flags.isAuto ? SOME_HOST : flags.announced.host }, NOBODY);
  const log = openLog(options.logLevel, options.logFormat);
  const signals = new AnnounceSignals(command.length > 0);
  const awake = setInterval(() => {}, 2 ** 30); // the timers of the parts let the process end
  try {
    return await withRegistry(options, (registry) =>
      announceIn(registry, { options, flags, wait, command, log, signals, terminal: call.terminal }),
    );
  } finally {
    clearInterval(awake);
    signals.close();
  }
}

interface Work {
  readonly options: Options;
  readonly flags: AnnounceFlags;
  /** How long to wait for servers at most, in seconds; undefined for not at all. */
  readonly wait: number | undefined;
  readonly command: readonly string[];
  readonly log: Logger;
  readonly signals: AnnounceSignals;
  readonly terminal: Terminal;
}

async function announceIn(registry: Registry, work: Work): Promise<number> {
  const { options, flags, wait, command, log, signals, terminal } = work;
  const host = flags.isAuto ? await autoOrStopped(work) : flags.announced.host;
  if (host === undefined) return 0;
  const announced = { ...flags.announced, host };
  const holder = new Holder({ registry, ttl: flags.lease, logger: log });
  try {
    const records = recordsFor(options, announced, holder.owner);
    warnOutside(options, records, log);
    const child = command.length === 0 ? undefined : startChild(command, log, signals);
    const { check, plan, drain, replace } = flags;
    const address = addressText(announced);
    const checked = check && { text: check, probe: checkProbe(check, host, announced.port), plan };
    const name = instanceName(announced);
    const servers = wait === undefined ? undefined : awaitingServers(registry, wait, log);
    // A command has standard output for itself.
    const visible = () => child ?? terminal.out(`fingerpost announced: ${name} at ${address}`);
    return await new Announcement(
      { name, address, records, replace, drain, ...(checked && { check: checked }) },
      { holder, child, stops: signals, logger: log, servers, visible },
    ).run();
  } finally {
    holder.close();
  }
}

/** Undefined where a signal comes first. */
async function autoOrStopped({ options, log, signals }: Work): Promise<string | undefined> {
  return Promise.race([autoHost(options, log), signals.stopped.then(() => undefined)]);
}

function recordsFor(options: Options, announced: Announced, owner: Owner): KeyValue[] {
  const records = recordsOf(prefixOf(options), announced, owner);
  if (!isProblem(records)) return records;
  throw new FingerpostError('record', `${instanceName(announced)} would not be served: ${records.problem}`);
}

function warnOutside(options: Options, records: readonly KeyValue[], log: Logger): void {
  const prefix = prefixOf(options);
  const isInZone = zoneTest(options);
  for (const { key } of records) {
    const labels = labelsOf(prefix, key);
    if (isProblem(labels) || isInZone(labels)) continue;
    const name = String(nameOf(prefix, key));
    log.warn(
      { name },
      `${name} is outside the zones (${zoneNames(options)}): only servers that have its zone answer it`,
    );
  }
}

function startChild(command: readonly string[], log: Logger, signals: AnnounceSignals): Child {
  const child = new Child(command);
  signals.passTo((signal) => child.signal(signal));
  log.info({ command, pid: child.pid }, 'the command is started');
  if (!child.endsWithUs)
    log.info(
      {},
      'should this process be killed, the command goes on: there is no setpriv (util-linux) to end it',
    );
  return child;
}
