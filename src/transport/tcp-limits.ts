// How many TCP connections there may be, in all and for each client address.
import type { Counter, Gauge } from '../base/counters.ts';

export interface TcpLimits {
  /** Connections in all. */
  readonly total: number;
  /** Connections of one client address. */
  readonly perClient: number;
}

export const DEFAULT_TCP_LIMITS: TcpLimits = { total: 1000, perClient: 100 };

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

  /** Takes a place for `client`; false, and counted as refused, when there is none. */
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
