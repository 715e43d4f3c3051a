// All that a server listens on, DNS and HTTP: opened together or not at all.
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { GuardMemory } from '../guard/guard.ts';
import { type Health, type HttpServer, type Routes, startHttp } from '../observe/http.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Respond } from '../query/responder.ts';
import type { TableMemory } from '../table/layout.ts';
import type { TapMemory } from '../tap/writer.ts';
import type { Bind, OpenSocket } from '../transport/deps.ts';
import { FairShare } from '../transport/fair-share.ts';
import { type Listeners, listen, listenOn } from '../transport/listen.ts';
import { chooseUdp } from '../transport/udp.ts';
import type { Client } from '../wire/client.ts';
import type { ListenAddress, Options } from './config.ts';
import { VERSION } from './version.ts';

/** How long replies in hand may take to leave, in milliseconds. */
const GRACE_MS = 2000;

export interface PortParts {
  readonly respond: Respond;
  readonly table: TableMemory;
  readonly guard: GuardMemory;
  /** Makes a ring for what one thread notes. */
  readonly tap: () => TapMemory;
  /** Whether a client's connections are not even accepted. */
  readonly drops: (client: Client) => boolean;
  readonly metrics: Metrics;
  readonly health: () => Health;
  /** What is served over HTTP beside health and metrics. */
  readonly routes: readonly Routes[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly bind: Bind;
  /** Sockets for questions that are open already; where there are any, no others are opened. */
  readonly sockets: readonly OpenSocket[];
}

export class Ports {
  readonly #listeners: Listeners;
  #http: HttpServer | undefined;

  private constructor(listeners: Listeners) {
    this.#listeners = listeners;
  }

  /** Rejects with a FingerpostError of code `listen`; nothing is open then. */
  static async open(options: Options, parts: PortParts): Promise<Ports> {
    const ports = new Ports(await listenForQuestions(options, parts));
    try {
      await ports.#openHttp(options, parts);
      return ports;
    } catch (error) {
      await ports.close();
      throw error;
    }
  }

  async #openHttp({ http, reusePort }: Options, parts: PortParts): Promise<void> {
    if (http === 'off') return;
    const { metrics, health, routes, bind } = parts;
    this.#http = await bind(() =>
      startHttp(http, { metrics, health, version: VERSION, routes, sharesPort: reusePort }),
    );
  }

  /** Where questions are answered, over UDP and TCP alike, ports as they really are. */
  get addresses(): readonly ListenAddress[] {
    return this.#listeners.addresses;
  }

  /** Where HTTP is served; undefined where it is off. */
  get httpAddress(): ListenAddress | undefined {
    return this.#http?.address;
  }

  async closeHttp(): Promise<void> {
    await this.#http?.close();
    this.#http = undefined;
  }

  /** Takes nothing more in, finishes what is in hand within 2 s; HTTP goes last. Never rejects. */
  async close(): Promise<void> {
    await this.#listeners.close({ graceMs: GRACE_MS });
    await this.closeHttp();
  }
}

async function listenForQuestions(options: Options, parts: PortParts): Promise<Listeners> {
  const { respond, table, guard, tap, drops, metrics, clock, log, bind, sockets } = parts;
  const { counters, tallies } = metrics;
  const deps = { counters, tallies, clock, log, bind, share: new FairShare() };
  const { workers, reusePort: sharesPort } = options;
  const udp = await chooseUdp({ respond, table, guard, tap, workers, sharesPort }, deps);
  if (udp.pool !== undefined) metrics.show({ workers: udp.pool });
  const how = {
    udp: udp.open,
    idleMs: options.tcpIdleTimeout * 1000,
    limits: { total: options.tcpMaxConnections, perClient: options.tcpMaxPerClient },
    sharesPort,
    drops,
  };
  if (sockets.length === 0) return listen(options.listen, respond, deps, how);
  sayHandedOver(sockets, log);
  return listenOn(sockets, respond, deps, how);
}

function sayHandedOver(sockets: readonly OpenSocket[], log: Logger): void {
  const shown = sockets.map(({ protocol, host, port, fd }) => ({ protocol, host, port, fd }));
  log.info({ sockets: shown }, 'sockets were handed over: they are used, and --listen is not');
  for (const protocol of ['UDP', 'TCP'] as const) {
    if (!sockets.some((socket) => socket.protocol === protocol))
      log.warn({}, `no ${protocol} socket was handed over: nothing is answered over ${protocol}`);
  }
}
