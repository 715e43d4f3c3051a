// How many TCP connections there may be, in all and for each client.
import type { Counter, Gauge } from '../base/counters.ts';
import type { Client } from '../wire/client.ts';

export interface TcpLimits {
  /** Connections in all. */
  readonly total: number;
  /** Connections of one client: an IPv4 address, or a /64 of IPv6, which is what one host gets at the least. */
  readonly perClient: number;
}

export const DEFAULT_TCP_LIMITS: TcpLimits = { total: 1000, perClient: 100 };

/** As what a client is counted. */
export function placeOf(client: Client): string {
  return client.isIpv4 ? client.text() : `${client.words[0]} ${client.words[1]}`;
}

/** Counts the connections that are open; all listeners of a server share one. */
export class ConnectionCount {
  readonly #limits: TcpLimits;
  readonly #open: Gauge;
  readonly #refused: Counter;
  readonly #perClient = new Map<string, number>();
  #total = 0;

  constructor(limits: TcpLimits, counters: { readonly tcpConnections: Gauge; readonly tcpRefused: Counter }) {
    this.#limits = limits;
    this.#open = counters.tcpConnections;
    this.#refused = counters.tcpRefused;
  }

  /** Takes a place for `client` (`placeOf`); false, and counted as refused, when there is none. */
  enter(client: string): boolean {
    const own = this.#perClient.get(client) ?? 0;
    if (this.#total >= this.#limits.total || own >= this.#limits.perClient) {
      this.#refused.inc();
      return false;
    }
    this.#perClient.set(client, own + 1);
    this.#open.set(++this.#total);
    return true;
  }

  /** Gives back a place that `enter` granted. */
  leave(client: string): void {
    const own = this.#perClient.get(client) ?? 0;
    if (own > 1) this.#perClient.set(client, own - 1);
    else this.#perClient.delete(client);
    this.#open.set(--this.#total);
  }
}
