// Every question in flight, identical ones merged, and the bounds of how many there may be.
import type { ExchangeDeps, Outgoing } from './exchange.ts';
import { countFailures } from './failure.ts';
import { InFlight, type InFlightOptions } from './in-flight.ts';
import type { UpstreamServer } from './server.ts';
import type { Upstreamed } from './upstreamed.ts';

export interface FlightLimits {
  /** How long a question may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Questions that may wait at one time, in all and of one client. */
  readonly max: number;
  readonly maxPerClient: number;
}

interface Asker {
  /** Undefined: it is one of our own. */
  readonly client: string | undefined;
  readonly tell: (upstreamed: Upstreamed) => void;
}

interface Flight {
  readonly key: string;
  readonly askers: Asker[];
  inFlight: InFlight<Flight> | undefined;
}

export class Flights {
  #limits: FlightLimits;
  readonly #deps: ExchangeDeps;
  readonly #settle = (flight: Flight, upstreamed: Upstreamed): void => this.#settled(flight, upstreamed);
  #options: InFlightOptions<Flight>;
  readonly #flights = new Map<string, Flight>();
  readonly #perClient = new Map<string, number>();
  /** Askers that wait. */
  #waiting = 0;

  constructor(limits: FlightLimits, deps: ExchangeDeps) {
    this.#limits = limits;
    this.#deps = deps;
    this.#options = this.#optionsOf(limits);
  }

  get limits(): FlightLimits {
    return this.#limits;
  }

  set limits(limits: FlightLimits) {
    this.#limits = limits;
    this.#options = this.#optionsOf(limits);
  }

  #optionsOf({ timeoutMs }: FlightLimits): InFlightOptions<Flight> {
    return { timeoutMs, deps: this.#deps, settle: this.#settle };
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Whether one more question of this client is too much. */
  isFull(client: string | undefined): boolean {
    if (this.#waiting >= this.limits.max) return true;
    return client !== undefined && (this.#perClient.get(client) ?? 0) >= this.limits.maxPerClient;
  }

  /** Waits for what is asked already under `key`; undefined where nothing is. */
  join(key: string, client: string | undefined): Promise<Upstreamed> | undefined {
    const flight = this.#flights.get(key);
    return flight === undefined ? undefined : this.#wait(flight.askers, client);
  }

  /** Asks `servers`, of which there is at least one. */
  begin(
    key: string,
    client: string | undefined,
    outgoing: Outgoing,
    servers: readonly UpstreamServer[],
  ): Promise<Upstreamed> {
    const flight: Flight = { key, askers: [], inFlight: undefined };
    const answer = this.#wait(flight.askers, client);
    const inFlight = new InFlight(flight, servers, outgoing, this.#options);
    flight.inFlight = inFlight;
    this.#flights.set(key, flight);
    inFlight.begin();
    return answer;
  }

  #wait(askers: Asker[], client: string | undefined): Promise<Upstreamed> {
    this.#waiting += 1;
    if (client !== undefined) this.#perClient.set(client, (this.#perClient.get(client) ?? 0) + 1);
    return new Promise((tell) => {
      askers.push({ client, tell });
    });
  }

  #settled({ key, askers }: Flight, upstreamed: Upstreamed): void {
    this.#flights.delete(key);
    if (upstreamed.kind !== 'reply') countFailures(this.#deps.counters, upstreamed.kind, askers.length);
    for (const { client, tell } of askers) {
      this.#waiting -= 1;
      if (client !== undefined) this.#leave(client);
      tell(upstreamed);
    }
  }

  #leave(client: string): void {
    const left = (this.#perClient.get(client) ?? 1) - 1;
    if (left > 0) this.#perClient.set(client, left);
    else this.#perClient.delete(client);
  }

  /** Ends all of them: they are unreachable. */
  close(): void {
    for (const { inFlight } of [...this.#flights.values()]) inFlight?.abort();
  }
}
