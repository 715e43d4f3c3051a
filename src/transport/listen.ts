// Opens every address over UDP and TCP at once: all of them, or none.
import type { Respond } from '../query/responder.ts';
import { addressText } from '../wire/address.ts';
import type { Client } from '../wire/client.ts';
import type { Address, CloseOptions, Listening, OpenSocket, TransportDeps } from './deps.ts';
import { systemCode } from './listen-error.ts';
import { listenTcp, type TcpOptions } from './tcp.ts';
import { ConnectionCount, DEFAULT_TCP_LIMITS, type TcpLimits } from './tcp-limits.ts';
import { listenUdp } from './udp-portable.ts';

/** How often another port is tried when the one that TCP got is taken over UDP. */
const PORT_TRIES = 20;

export interface ListenOptions {
  /** How long a TCP connection may stall, in milliseconds; default 10,000. */
  readonly idleMs?: number;
  /** Of all addresses together. */
  readonly limits?: TcpLimits;
  /** Other processes may share the ports over TCP; default: they must be free. */
  readonly sharesPort?: boolean;
  /** Whether a client's connections are not even accepted; default: every client's are. */
  readonly drops?: (client: Client) => boolean;
  /** How UDP is opened; default: the portable way. */
  readonly udp?: Open;
}

export interface Listeners {
  /** What was opened, in the order asked for, ports as they really are. */
  readonly addresses: readonly Address[];
  /** Closes everything; replies in hand may leave within the grace (default 2000 ms). Never rejects. */
  close(options?: CloseOptions): Promise<void>;
}

/**
 * Opens UDP and TCP on each address, on the same port; port 0 becomes a port that is free for both.
 * Rejects with a FingerpostError of code `listen` when one cannot be opened; the others are closed again then.
 */
export async function listen(
  addresses: readonly Address[],
  respond: Respond,
  deps: TransportDeps,
  options: ListenOptions = {},
): Promise<Listeners> {
  const { udp, tcp } = openersOf(respond, deps, options);
  return openAll(addresses, (address) => listenBoth(address, udp, tcp));
}

/** Serves sockets that are open already, each with its own protocol; else as `listen`. */
export async function listenOn(
  sockets: readonly OpenSocket[],
  respond: Respond,
  deps: TransportDeps,
  options: ListenOptions = {},
): Promise<Listeners> {
  const { udp, tcp } = openersOf(respond, deps, options);
  return openAll(sockets, async (socket) => [await (socket.protocol === 'UDP' ? udp : tcp)(socket)]);
}

/** Opens one address over one protocol; rejects with a FingerpostError of code `listen`. */
export type Open = (address: Address) => Promise<Listening>;

function openersOf(
  respond: Respond,
  deps: TransportDeps,
  options: ListenOptions,
): { readonly udp: Open; readonly tcp: Open } {
  const count = new ConnectionCount(options.limits ?? DEFAULT_TCP_LIMITS, deps.counters);
  const tcp: TcpOptions = { ...options, count };
  return {
    udp: options.udp ?? ((address) => listenUdp(address, respond, deps)),
    tcp: (address) => listenTcp(address, respond, deps, tcp),
  };
}

async function openAll<Place>(
  places: readonly Place[],
  openOne: (place: Place) => Promise<readonly [Listening, ...Listening[]]>,
): Promise<Listeners> {
  const open: Listening[] = [];
  const bound = new Map<string, Address>();
  try {
    for (const place of places) {
      const opened = await openOne(place);
      open.push(...opened);
      const address = { host: opened[0].address, port: opened[0].port };
      bound.set(addressText(address), address);
    }
  } catch (error) {
    await closeAll(open, { graceMs: 0 });
    throw error;
  }
  return { addresses: [...bound.values()], close: (close) => closeAll(open, close) };
}

type Pair = readonly [tcp: Listening, udp: Listening];

async function listenBoth(address: Address, openUdp: Open, openTcp: Open): Promise<Pair> {
  for (let tries = 1; ; tries++) {
    const tcp = await openTcp(address);
    try {
      return [tcp, await openUdp({ host: address.host, port: tcp.port })];
    } catch (error) {
      await tcp.close({ graceMs: 0 });
      if (address.port !== 0 || tries === PORT_TRIES || !isTaken(error)) throw error;
    }
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && systemCode(error.cause) === 'EADDRINUSE';
}

async function closeAll(open: readonly Listening[], options?: CloseOptions): Promise<void> {
  await Promise.all(open.map((listening) => listening.close(options)));
}
