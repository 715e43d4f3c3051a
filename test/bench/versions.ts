// What is known of the versions of each service: which an answer may show, and whether it shows one of them.
import { Packet } from 'dns2';
import { addressOf, isGone, MEMBERS, nameOf, portOf, versionOf } from './mix-services.ts';

/** What was known of a service when a question was sent. */
export interface Low {
  /** The highest version that an answer has shown: no answer may be older. */
  readonly seen: number;
  /** What was acknowledged more than STALE_MS before: an answer that is older is late. */
  readonly due: number;
}

/** After an acknowledged change the old answer may be given for so long, in milliseconds. */
const STALE_MS = 1_000;

/** Thrown when an answer is wrong, with what is wrong about it; `isLate` where it was right more than a moment ago. */
export class WrongAnswer extends Error {
  readonly isLate: boolean;

  constructor(message: string, isLate = false) {
    super(message);
    this.isLate = isLate;
  }
}

interface Known {
  /** The highest version that was sent to etcd. */
  sent: number;
  /** The highest that etcd has acknowledged, when, and the one before it. */
  acknowledged: number;
  at: number;
  before: number;
  /** The highest that any answer has shown. */
  seen: number;
}

export class Versions {
  readonly #known: readonly Known[];

  constructor(count: number) {
    const none = { sent: 0, acknowledged: 0, at: Number.NEGATIVE_INFINITY, before: 0, seen: 0 };
    this.#known = Array.from({ length: count }, () => ({ ...none }));
  }

  /** The version that `service` has now, or will have when what was sent is through. */
  of(service: number): number {
    return this.#of(service).sent;
  }

  /** Whether its last change is through and long ago, so that it may be changed again. */
  isSettled(service: number, now: number): boolean {
    const { sent, acknowledged, at } = this.#of(service);
    return sent === acknowledged && now - at > 2 * STALE_MS;
  }

  /** The next version goes to etcd. */
  sending(service: number): number {
    return ++this.#of(service).sent;
  }

  acknowledged(service: number, now: number): void {
    const known = this.#of(service);
    known.before = known.acknowledged;
    known.acknowledged = known.sent;
    known.at = now;
  }

  /** For each service that a question is about. */
  lows(services: readonly number[], now: number): Low[] {
    return services.map((service) => {
      const { seen, at, acknowledged, before } = this.#of(service);
      return { seen, due: now - at > STALE_MS ? acknowledged : before };
    });
  }

  /** Throws a WrongAnswer unless each service shows a version from its low one up to what has been sent. */
  check(services: readonly number[], lows: readonly Low[], reply: Buffer): void {
    const shown = shownBy(services, reply);
    services.forEach((service, i) => {
      this.#checkOne(service, lows[i] as Low, shown[i]);
    });
  }

  #checkOne(service: number, { seen, due }: Low, shown: number | undefined): void {
    const known = this.#of(service);
    const name = nameOf(service);
    const version = shown ?? firstGone(service, seen, known.sent);
    if (version === undefined)
      throw new WrongAnswer(`${name} is missing in versions ${seen} to ${known.sent}`);
    if (shown !== undefined && isGone(service, shown))
      throw new WrongAnswer(`${name} is there in version ${shown}`);
    if (version < seen) throw new WrongAnswer(`${name} is version ${version}, after ${seen}`);
    if (version > known.sent) throw new WrongAnswer(`${name} is version ${version}, before it was written`);
    known.seen = Math.max(known.seen, version);
    const latest = shown ?? lastGone(service, version, known.sent);
    if (latest < due) throw new WrongAnswer(`${name} is version ${latest}, late: ${due} is due`, true);
  }

  #of(service: number): Known {
    return this.#known[service] as Known;
  }
}

function firstGone(service: number, low: number, high: number): number | undefined {
  for (let version = low; version <= high; version++) if (isGone(service, version)) return version;
  return undefined;
}

function lastGone(service: number, low: number, high: number): number {
  for (let version = high; version > low; version--) if (isGone(service, version)) return version;
  return low;
}

/** The version that a reply shows of each service; undefined where it shows none. Every record has to belong to one. */
function shownBy(services: readonly number[], reply: Buffer): (number | undefined)[] {
  const { answers, additionals } = Packet.parse(reply);
  const records = [...answers, ...additionals.filter(({ type }) => type !== Packet.TYPE.EDNS)];
  const shown = services.map((service) => {
    const versions = records.map((record) => versionIn(record, service)).filter((one) => one !== undefined);
    if (new Set(versions).size > 1)
      throw new WrongAnswer(`${nameOf(service)} is of several versions at once`);
    return versions[0];
  });
  const known = records.filter((record) =>
    services.some((service) => versionIn(record, service) !== undefined),
  );
  if (known.length !== records.length) throw new WrongAnswer(`unknown records: ${JSON.stringify(records)}`);
  const code = (reply[3] ?? 0) & 15;
  const due = answers.length === 0 ? 3 : 0;
  if (code !== due) throw new WrongAnswer(`code ${code} with ${answers.length} answers`);
  return shown;
}

/** The version that a record tells of a service; undefined where it belongs to another, or to none. */
function versionIn(record: object, service: number): number | undefined {
  const { address, target, port } = record as { address?: string; target?: string; port?: number };
  if (target !== undefined) return target === nameOf(service) ? (port ?? 0) - portOf(0) : undefined;
  if (address === undefined) return undefined;
  const text = canonical(address);
  const version = versionOf(text);
  return text === addressOf(service, version) ? version : undefined;
}

/** IPv6 in the one form of RFC 5952. */
function canonical(address: string): string {
  return address.includes(':') ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

/** The services of the service name of `service`. */
export function siblings(service: number): number[] {
  const first = service - (service % MEMBERS);
  return Array.from({ length: MEMBERS }, (_, i) => first + i);
}
