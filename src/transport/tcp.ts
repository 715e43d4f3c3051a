// TCP through node:net: accepts connections within limits and hands each its answers (RFC 7766).

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { LATER, type Respond } from '../query/responder.ts';
import { Client } from '../wire/client.ts';
import { MAX_MESSAGE } from '../wire/codes.ts';
import {
  type Address,
  bindAsIs,
  type CloseOptions,
  DEFAULT_GRACE_MS,
  type Listening,
  type TransportDeps,
} from './deps.ts';
import { FairShare } from './fair-share.ts';
import { listenError } from './listen-error.ts';
import { Tallies } from './tallies.ts';
import { type Answer, type ConnectionDeps, TcpConnection } from './tcp-connection.ts';
import { ConnectionCount, DEFAULT_TCP_LIMITS, placeOf } from './tcp-limits.ts';

const DEFAULT_IDLE_MS = 10_000;
/** Replies that wait for a client to read them, in bytes; beyond it nothing more is read from that client. */
const WRITE_BOUND = 64 * 1024;

export interface TcpOptions {
  /** How long a connection may stall, in milliseconds; default 10,000 (RFC 7766 section 6.2.3). */
  readonly idleMs?: number;
  /** Shared by all listeners; by default each has its own, with DEFAULT_TCP_LIMITS. */
  readonly count?: ConnectionCount;
  /** Whether a client's connections are not even accepted; default: every client's are. */
  readonly drops?: (client: Client) => boolean;
  /** Other processes may share the port; default: it must be free. */
  readonly sharesPort?: boolean;
}

/** Answers TCP queries on one address. Rejects with a FingerpostError of code `listen`. */
export async function listenTcp(
  address: Address,
  respond: Respond,
  deps: TransportDeps,
  options: TcpOptions = {},
): Promise<Listening> {
  const server = createServer({ allowHalfOpen: true, noDelay: true, highWaterMark: WRITE_BOUND });
  const connections = new Set<TcpConnection>();
  accept(server, connections, framed(respond), deps, options);
  const bindAs = deps.bind ?? bindAsIs;
  const bound = await bindAs(() => bind(server, address, options.sharesPort === true));
  // Accepting can fail for a moment (no more open files); the server stays open.
  server.on('error', (error) => deps.log.warn({ err: error }, 'accepting a TCP connection failed'));
  return { ...bound, close: (close) => closeServer(server, connections, deps, close) };
}

async function bind(
  server: Server,
  address: Address,
  reusePort: boolean,
): Promise<{ address: string; port: number }> {
  try {
    const listening = once(server, 'listening');
    const { host, port, fd } = address;
    server.listen(fd === undefined ? { host, port, ipv6Only: true, exclusive: true, reusePort } : { fd });
    await listening;
  } catch (cause) {
    throw listenError('TCP', address, cause);
  }
  const { host, port } = addressOf(server);
  return { address: host, port };
}

/** Where a server listens, which it does. */
function addressOf(server: Server): { readonly host: string; readonly port: number } {
  const { address: host, port } = server.address() as AddressInfo;
  return { host, port };
}

/** Writes replies into one buffer for all connections; what a connection queues is a copy of its own size. */
function framed(respond: Respond): Answer {
  const scratch = Buffer.allocUnsafeSlow(2 + MAX_MESSAGE);
  const reply = scratch.subarray(2);
  return (message, asker) => {
    const length = respond(message, asker, reply);
    if (length === LATER) return LATER;
    if (length === 0) return undefined;
    scratch.writeUInt16BE(length, 0);
    return Buffer.from(scratch.subarray(0, 2 + length));
  };
}

function accept(
  server: Server,
  connections: Set<TcpConnection>,
  answer: Answer,
  deps: TransportDeps,
  options: TcpOptions,
): void {
  const count = options.count ?? new ConnectionCount(DEFAULT_TCP_LIMITS, deps.counters);
  const client = new Client();
  const share = deps.share ?? new FairShare();
  const tallies = deps.tallies ?? new Tallies();
  let own: ConnectionDeps | undefined;
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    client.setText(address);
    const place = placeOf(client);
    // Without an address the client has gone again already.
    if (address === '' || options.drops?.(client) === true || !count.enter(place)) {
      socket.destroy();
      return;
    }
    own ??= { ...deps, share, answer, tally: tallies.open(addressOf(server), 'tcp') };
    const connection = new TcpConnection(socket, address, own, options.idleMs ?? DEFAULT_IDLE_MS);
    connections.add(connection);
    socket.once('close', () => {
      connections.delete(connection);
      count.leave(place);
    });
  });
}

function closeServer(
  server: Server,
  connections: ReadonlySet<TcpConnection>,
  deps: TransportDeps,
  { graceMs = DEFAULT_GRACE_MS }: CloseOptions = {},
): Promise<void> {
  for (const connection of connections) connection.finish();
  const cancel = deps.clock.after(graceMs, () => {
    for (const connection of connections) connection.destroy();
  });
  return new Promise((resolve) => {
    server.close(() => {
      cancel();
      resolve();
    });
  });
}
