// --wait: a command that returns, or says so, when every live server answers with what it wrote.
import type { Command } from 'commander';
import { FingerpostError } from '../base/errors.ts';
import { notEverywhere } from '../registry/applied.ts';
import type { Registry } from '../registry/registry.ts';
import type { Call } from './command.ts';
import { counted } from './counted.ts';

const FALLBACK_S = 10;
const MOST_S = 3600;

const RETURNS = 'return only when every live server answers with it; exit 1 where one does not in time';

/** The switches of a command that can wait. */
export function declareWait(command: Command, help = RETURNS): Command {
  return command
    .option('--wait', help)
    .option('--wait-timeout <s>', `how long to wait at most, in seconds (default: ${FALLBACK_S})`);
}

/** How long to wait at most, in seconds; undefined for not at all. Throws a FingerpostError `usage`. */
export function waitSeconds({ wait, waitTimeout }: Call['own']): number | undefined {
  if (waitTimeout === undefined) return wait === true ? FALLBACK_S : undefined;
  const seconds = /^\d+$/.test(String(waitTimeout)) ? Number(waitTimeout) : 0;
  if (seconds >= 1 && seconds <= MOST_S) return seconds;
  throw new FingerpostError(
    'usage',
    `--wait-timeout: read ${JSON.stringify(waitTimeout)}, allowed: a whole number of seconds from 1 to ${MOST_S}`,
  );
}

/**
 * Waits until all live servers have applied `revision`, says so, and returns the exit code. Throws a FingerpostError
 * `unavailable` that names who has not within `seconds`.
 */
export async function waitFor(
  registry: Registry,
  revision: number,
  seconds: number | undefined,
  { terminal }: Call,
): Promise<number> {
  if (seconds === undefined) return 0;
  const waited = await registry.waitApplied(revision, seconds * 1000);
  if (!waited.everywhere)
    throw new FingerpostError('unavailable', `written, but ${notEverywhere(waited, revision, seconds)}`);
  const { length } = waited.servers;
  terminal.out(`${counted(length, 'server')} ${length === 1 ? 'answers' : 'answer'} with it`);
  return 0;
}
