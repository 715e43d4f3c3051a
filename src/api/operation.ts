// One operation of the API: what it takes and gives, for the check of each request and for the document alike.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';

export type Method = 'get' | 'put' | 'post' | 'delete';

/** A request, checked. */
export interface ApiCall<P = unknown, Q = unknown, B = unknown> {
  readonly request: Request;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** The text that `body` was read from. */
  readonly text: string;
  /** What it came over; undefined where there is no port. */
  readonly wire: { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse } | undefined;
}

export interface Answer {
  readonly description: string;
  /** Of a JSON body; undefined for none. */
  readonly schema?: z.ZodType;
  /** Where the body is not JSON. */
  readonly type?: string;
  /** Header fields and what they say. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Operation<P = unknown, Q = unknown, B = unknown> {
  readonly method: Method;
  /** As in OpenAPI: `/v1/leases/{id}`. */
  readonly path: string;
  /** A name that is its own (operationId). */
  readonly id: string;
  readonly summary: string;
  /** It changes something, so that it needs the token. */
  readonly isWrite?: boolean;
  readonly params?: z.ZodType<P>;
  readonly query?: z.ZodType<Q>;
  /** Request header fields and what they say. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: z.ZodType<B>;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Statuses of the problems that are its own. */
  readonly problems?: readonly number[];
  readonly run: (call: ApiCall<P, Q, B>) => Response | Promise<Response>;
}

/** An operation, the types of what it takes inferred from its schemas. */
export function operation<P, Q, B>(one: Operation<P, Q, B>): Operation {
  return one as unknown as Operation;
}

export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
  });
}
