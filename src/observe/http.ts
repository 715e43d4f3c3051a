// HTTP for machines that watch: is it alive, is it ready, what has it counted.

import type { Server } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { FingerpostError, messageOf } from '../base/errors.ts';
import type { GroupStatus, ServerStatus } from '../upstream/status.ts';
import type { Metrics } from './metrics.ts';

/** How the server stands to its registry. */
export interface Health {
  /** Its URL, without a password. */
  readonly registry: string;
  readonly state: 'starting' | 'synced' | 'stale' | 'stopping';
  /** Cut off since, milliseconds since 1970. */
  readonly since?: number | undefined;
  /** It has been stale for so long that questions are answered SERVFAIL. */
  readonly expired?: boolean;
  /** The registry revision that answers are up to date with. */
  readonly revision: number;
  readonly cause?: unknown;
  /** The servers that are asked about names outside the zones; absent or empty where none are. */
  readonly upstream?: readonly GroupStatus[];
  /** Names whose services are held although their leases ran out; absent or empty where there are none. */
  readonly held?: readonly HeldName[];
}

export interface HeldName {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** How many leased services it had, and how many of those are held. */
  readonly of: number;
  readonly held: number;
}

/** So many of them are listed. */
const MOST_HELD = 20;

/** Adds paths of a part of its own to those that are served over HTTP. */
export type Routes = (app: Hono) => void;

export interface HttpParts {
  readonly metrics: Metrics;
  readonly health: () => Health;
  /** What else is served. */
  readonly routes?: readonly Routes[];
  /** Other processes may share the port; default: it must be free. */
  readonly sharesPort?: boolean;
}

export interface HttpAddress {
  readonly host: string;
  readonly port: number;
}

export interface HttpServer {
  /** Where it listens, the port that was picked included. */
  readonly address: HttpAddress;
  close(): Promise<void>;
}

function upstreamServer({ address, state, since, roundTripMs }: ServerStatus): Record<string, unknown> {
  return {
    address,
    state,
    ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
    ...(roundTripMs === undefined ? {} : { roundTripMs: Math.round(roundTripMs * 10) / 10 }),
  };
}

function heldName({ name, since, of, held }: HeldName): Record<string, unknown> {
  return { name, since: new Date(since).toISOString(), held, of };
}

function healthBody(health: Health): Record<string, unknown> {
  const { registry, state, since, expired, revision, cause, upstream = [], held = [] } = health;
  const groups = upstream.map(({ name, servers }) => ({ name, servers: servers.map(upstreamServer) }));
  return {
    registry,
    state,
    revision,
    ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
    ...(expired === undefined ? {} : { expired }),
    ...(cause === undefined ? {} : { cause: messageOf(cause) }),
    ...(groups.length === 0 ? {} : { upstream: groups }),
    ...(held.length === 0 ? {} : { held: held.slice(0, MOST_HELD).map(heldName) }),
  };
}

/** As a body is sent: the next piece is made when the one before is on its way. */
function bytesOf(chunks: AsyncIterable<string>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const iterator = chunks[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

/** The routes, without a port. */
export function httpApp({ metrics, health, routes = [] }: HttpParts): Hono {
  const app = new Hono();
  // Alive as long as it answers at all: a restart would not bring a lost registry back.
  app.get('/healthz', (context) => context.json({ ok: true, ...healthBody(health()) }));
  // Stale is still ready: what was known stays in force, and all servers lose the registry at once.
  app.get('/readyz', (context) => {
    const now = health();
    const ready = now.state !== 'starting' && now.state !== 'stopping' && now.expired !== true;
    return context.json({ ready, ...healthBody(now) }, ready ? 200 : 503);
  });
  app.get('/metrics', (context) =>
    context.body(bytesOf(metrics.chunks()), 200, { 'content-type': metrics.contentType }),
  );
  for (const add of routes) add(app);
  app.notFound((context) =>
    context.json({ error: 'not found', try: ['/healthz', '/readyz', '/metrics'] }, 404),
  );
  return app;
}

function listen(server: Server, { host, port }: HttpAddress, reusePort: boolean): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, reusePort }, () => {
      server.removeListener('error', reject);
      resolve(server.address() as AddressInfo);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Opens the port and serves; rejects with FingerpostError('listen') where the port cannot be opened. */
export async function startHttp(address: HttpAddress, parts: HttpParts): Promise<HttpServer> {
  const server = createAdaptorServer({ fetch: httpApp(parts).fetch }) as Server;
  try {
    const { address: host, port } = await listen(server, address, parts.sharesPort === true);
    return { address: { host, port }, close: () => close(server) };
  } catch (cause) {
    const where = isIPv6(address.host)
      ? `[${address.host}]:${address.port}`
      : `${address.host}:${address.port}`;
    throw new FingerpostError('listen', `cannot serve HTTP on ${where}`, { cause });
  }
}
