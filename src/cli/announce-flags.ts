// The flags of `fingerpost announce`, read and checked before anything is opened.
import { hostname } from 'node:os';
import type { CheckPlan, Probe } from '../announce/checks.ts';
import { CHECK_ALLOWED, probeOf } from '../announce/probe.ts';
import { type Announced, instanceLabel } from '../announce/records.ts';
import { FingerpostError } from '../base/errors.ts';
import { isProblem } from '../service/problem.ts';

type Own = Readonly<Record<string, unknown>>;

export interface AnnounceFlags {
  /** With `isAuto` its host is yet to be found out. */
  readonly announced: Announced;
  readonly isAuto: boolean;
  /** Of the lease, in seconds. */
  readonly lease: number;
  /** Milliseconds between taking it out and the end. */
  readonly drain: number;
  readonly replace: boolean;
  readonly check: string | undefined;
  readonly plan: CheckPlan;
}

/** What a lease limits is a TTL. */
const MOST_SECONDS = 2 ** 31 - 1;
/** Timers go that far. */
const MOST_WAIT = 2_000_000;
const WITH_CHECK = ['checkInterval', 'checkTimeout', 'rise', 'fall'];

function wrong(flag: string, given: unknown, allowed: string): FingerpostError {
  return new FingerpostError('usage', `${flag}: read ${JSON.stringify(given)}, allowed: ${allowed}`);
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function whole(own: Own, name: string, least: number, most: number): number | undefined {
  const given = own[name];
  if (given === undefined) return undefined;
  const number = /^\d{1,10}$/.test(String(given)) ? Number(given) : -1;
  if (number >= least && number <= most) return number;
  throw wrong(flagOf(name), given, `a whole number from ${least} to ${most}`);
}

/** Seconds, with a fraction or without, as milliseconds. */
function time(own: Own, name: string, fallback: number, least: number): number {
  const given = own[name] ?? fallback;
  const seconds = /^\d{1,7}(\.\d+)?$/.test(String(given)) ? Number(given) : -1;
  if (seconds >= least && seconds <= MOST_WAIT) return Math.round(seconds * 1000);
  throw wrong(flagOf(name), given, `seconds from ${least} to ${MOST_WAIT}`);
}

function text(own: Own, name: string): string | undefined {
  const given = own[name];
  if (given === undefined) return undefined;
  if (given !== '') return String(given);
  throw wrong(flagOf(name), given, 'something');
}

function planOf(own: Own): CheckPlan {
  const stray = WITH_CHECK.find((name) => own[name] !== undefined);
  if (own.check === undefined && stray !== undefined)
    throw new FingerpostError('usage', `${flagOf(stray)} goes with --check`);
  return {
    interval: time(own, 'checkInterval', 2, 0.1),
    timeout: time(own, 'checkTimeout', 2, 0.1),
    rise: whole(own, 'rise', 1, 1000) ?? 2,
    fall: whole(own, 'fall', 1, 1000) ?? 3,
  };
}

/** Throws a FingerpostError `usage` for what is not allowed. */
export function announceFlags(name: string, own: Own): AnnounceFlags {
  if (name === '') throw wrong('NAME', name, 'the name of a service');
  const port = whole(own, 'port', 1, 65535) ?? 0;
  const given = text(own, 'host') ?? '';
  const check = text(own, 'check');
  if (check !== undefined) checkProbe(check, given, port);
  const announced = {
    name,
    label: text(own, 'label') ?? instanceLabel(hostname(), port),
    host: given,
    port,
    priority: whole(own, 'priority', 0, 65535),
    weight: whole(own, 'weight', 0, 65535),
    text: text(own, 'text'),
    ttl: whole(own, 'ttl', 0, MOST_SECONDS),
    group: text(own, 'group'),
    mail: own.mail === true,
    srv: (own.srv as readonly string[] | undefined) ?? [],
    reverse: own.reverse === true,
  };
  return {
    announced,
    isAuto: given === 'auto',
    lease: whole(own, 'lease', 1, MOST_SECONDS) ?? 15,
    drain: time(own, 'drain', 0, 0),
    replace: own.replace === true,
    check,
    plan: planOf(own),
  };
}

/** The probe of `--check`; throws a FingerpostError `usage` where it is none. */
export function checkProbe(check: string, host: string, port: number): Probe {
  const probe = probeOf(check, { host, port });
  if (isProblem(probe)) throw wrong('--check', check, CHECK_ALLOWED);
  return probe;
}
