// HTTP for machines that watch: is it alive, is it ready, what has it counted.

import type { Server } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { FingerpostError } from '../base/errors.ts';
import { type Health, healthBody, isReady } from './health.ts';
import type { Metrics } from './metrics.ts';

export type { Health, HeldName } from './health.ts';

/** Adds paths of a part of its own to those that are served over HTTP. */
export type Routes = (app: Hono) => void;

export interface HttpParts {
  readonly metrics: Metrics;
  readonly health: () => Health;
  /** What /healthz says of it. */
  readonly version?: string;
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

/** JSON that people can read as it comes. */
function readable(context: Context, body: Record<string, unknown>, status: 200 | 503 = 200): Response {
  return context.body(`${JSON.stringify(body, null, 2)}\n`, status, { 'content-type': 'application/json' });
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

/** RFC 9457, as all that goes wrong below /v1. */
const NO_SUCH_PATH = JSON.stringify({
  type: 'about:blank',
  title: 'Not Found',
  status: 404,
  detail: 'there is no such path: /v1/openapi.json lists those that there are',
});

/** The routes, without a port. */
export function httpApp({ metrics, health, version, routes = [] }: HttpParts): Hono {
  const app = new Hono();
  // Alive as long as it answers at all: a restart would not bring a lost registry back.
  app.get('/healthz', (context) =>
    readable(context, {
      ok: true,
      ...(version === undefined ? {} : { version }),
      uptimeSeconds: Math.floor(process.uptime()),
      ...healthBody(health()),
    }),
  );
  app.get('/readyz', (context) => {
    const now = health();
    const ready = isReady(now);
    return readable(context, { ready, ...healthBody(now) }, ready ? 200 : 503);
  });
  app.get('/metrics', (context) =>
    context.body(bytesOf(metrics.chunks()), 200, { 'content-type': metrics.contentType }),
  );
  for (const add of routes) add(app);
  app.notFound((context) =>
    context.req.path.startsWith('/v1/')
      ? context.body(NO_SUCH_PATH, 404, { 'content-type': 'application/problem+json' })
      : context.json(
          { error: 'not found', try: ['/healthz', '/readyz', '/metrics', '/v1/openapi.json'] },
          404,
        ),
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
