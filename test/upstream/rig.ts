// A forwarder with counters that can be read, a clock that can be moved, and scripted servers to ask.
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach } from 'vitest';
import { type Clock, ManualClock } from '../../src/base/clock.ts';
import { type Counters, noCounters } from '../../src/base/counters.ts';
import type { Logger } from '../../src/base/log.ts';
import type { ServerAddress, UpstreamDeps } from '../../src/upstream/deps.ts';
import type { FlightLimits } from '../../src/upstream/flights.ts';
import { DEFAULT_LIMITS, Forwarder } from '../../src/upstream/forwarder.ts';
import type { ServerGroup } from '../../src/upstream/group.ts';
import { relay } from '../../src/upstream/relay.ts';
import { openPortable } from '../../src/upstream/udp-portable.ts';
import type { OpenUdp } from '../../src/upstream/udp-socket.ts';
import type { Upstreamed } from '../../src/upstream/upstreamed.ts';
import { header, pointer, record } from '../wire/packets.ts';
import { asked, type ReplyParts, replyBytes } from './asked.ts';
import { type Asking, type Script, ScriptedServer } from './scripted.ts';

type CounterName = keyof Counters;

/** An A record of the question's name. */
export const A = record(pointer(12), 1, [192, 0, 2, 1]);

/** An A record of the question's name that nobody should believe. */
export const FORGED = record(pointer(12), 1, [6, 6, 6, 6]);

/** The bytes of a reply to what was asked; a good one with an address unless told otherwise. */
export function replyTo(asking: Asking, parts: ReplyParts = { answers: [A] }): Uint8Array {
  return replyBytes({ id: asking.id, question: asking.question, ...parts });
}

/** Replies at once. */
export function replies(parts?: ReplyParts): Script {
  return (asking) => asking.send(replyTo(asking, parts));
}

/** A header alone, as servers send that could not read the question. */
export function bare(asking: Asking, flags: number): Uint8Array {
  return Uint8Array.from(header({ id: asking.id, flags, counts: [0, 0, 0, 0] }));
}

export const silence: Script = () => {};

export interface LogEntry {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export class Rig {
  readonly log: LogEntry[] = [];
  readonly deps: UpstreamDeps;
  readonly forwarder: Forwarder;
  readonly #counts = new Map<CounterName, number>();

  constructor(clock: Clock, limits: Partial<FlightLimits> = {}, openUdp: OpenUdp = openPortable) {
    this.deps = { clock, counters: this.#counters(), log: this.#logger(), openUdp };
    this.forwarder = new Forwarder({ ...DEFAULT_LIMITS, ...limits }, this.deps);
  }

  #counters(): Counters {
    const counter = (name: CounterName) => ({
      inc: (by = 1) => this.#counts.set(name, this.count(name) + by),
      set: (value: number) => this.#counts.set(name, value),
    });
    const names = Object.keys(noCounters) as CounterName[];
    return Object.fromEntries(names.map((name) => [name, counter(name)])) as unknown as Counters;
  }

  #logger(): Logger {
    const line = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => {
      this.log.push({ level, fields, message });
    };
    return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
  }

  count(name: CounterName): number {
    return this.#counts.get(name) ?? 0;
  }

  /** A group that asks these servers. */
  group(...servers: readonly { readonly address: ServerAddress }[]): ServerGroup {
    return this.forwarder.group(
      { name: 'forward' },
      servers.map(({ address }) => address),
    );
  }

  /** Asks what a packet asks. */
  ask(group: ServerGroup, request: Uint8Array, client?: string): Promise<Upstreamed> {
    return this.forwarder.forward(request, asked(request).query, client, group);
  }

  /** The bytes of the reply that the client gets; fails where there is none. */
  async reply(group: ServerGroup, request: Uint8Array): Promise<Uint8Array> {
    const upstreamed = await this.ask(group, request);
    if (upstreamed.kind !== 'reply') throw new Error(`no reply: ${upstreamed.kind}`);
    const reply = new Uint8Array(65535);
    return reply.subarray(0, relay(upstreamed, request, asked(request).query, reply.length, reply));
  }
}

const toClose = new Set<() => void | Promise<void>>();

afterEach(async () => {
  for (const close of toClose) await close();
  toClose.clear();
});

/**
 * A rig that is closed after the test. Its time stands still unless a clock is handed in: so however slow the machine is,
 * nothing is asked twice for that.
 */
export function rig(
  clock: Clock = new ManualClock(1_000_000),
  limits?: Partial<FlightLimits>,
  openUdp?: OpenUdp,
): Rig {
  const made = new Rig(clock, limits, openUdp);
  toClose.add(() => made.forwarder.close());
  return made;
}

/** A server that is closed after the test. */
export async function server(script: Script, host?: string, port?: number): Promise<ScriptedServer> {
  const made = await ScriptedServer.open(script, host, port);
  toClose.add(() => made.close());
  return made;
}

/** Waits for something to come about; fails when it has not after half a minute. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + 30_000; !condition(); await delay(2)) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
  }
}
