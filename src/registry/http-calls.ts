// Calls to another server's HTTP API: one connection each, bounded in time, and what goes wrong sorted as all registries do.
import { type IncomingMessage, request as plain } from 'node:http';
import { request as secure } from 'node:https';
import type { z } from 'zod';
import { FingerpostError, messageOf } from '../base/errors.ts';
import { problem } from './http-messages.ts';

export interface HttpPlace {
  /** `http://host:port`, or with https. */
  readonly origin: string;
  readonly token?: string | undefined;
}

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long nothing may come, in milliseconds. */
  readonly silenceMs?: number;
}

export type Problem = z.infer<typeof problem>;

/** What came back: a body of JSON, or a problem. */
export interface HttpReply {
  readonly status: number;
  readonly body: unknown;
  readonly problem: Problem | undefined;
}

const SILENCE_MS = 15_000;
const UNAVAILABLE = new Set([429, 502, 503, 504]);

export class HttpCalls {
  readonly #place: HttpPlace;
  readonly #open = new Set<{ destroy(error: Error): unknown }>();
  #isClosed = false;

  constructor(place: HttpPlace) {
    this.#place = place;
  }

  /** The reply, whatever its status. Rejects with a FingerpostError where there is none. */
  async reply(call: HttpCall): Promise<HttpReply> {
    const response = await this.response(call);
    try {
      return await this.#read(response);
    } catch (cause) {
      throw cause instanceof FingerpostError ? cause : this.#unreached(call, cause);
    }
  }

  /** What a successful call gives; anything else is thrown as a FingerpostError. */
  async ask<T>(call: HttpCall, schema: z.ZodType<T>): Promise<T> {
    const reply = await this.reply(call);
    if (reply.problem !== undefined) throw this.refusal(reply.problem);
    const read = schema.safeParse(reply.body);
    if (read.success) return read.data;
    throw new FingerpostError('registry', `${this.#place.origin} answers in another form than we know`, {
      cause: read.error,
    });
  }

  /** A problem as an error. */
  refusal({ status, code, detail }: Problem): FingerpostError {
    const { origin, token } = this.#place;
    const isAway = code === undefined ? UNAVAILABLE.has(status) : code === 'unavailable';
    const said = `${origin}: ${detail}`;
    if (status === 401 && token === undefined)
      return new FingerpostError('registry', `${origin} wants a token: --api-token-file`);
    return new FingerpostError(isAway ? 'unavailable' : 'registry', said);
  }

  /** Why a response that was not wanted came. */
  async refused(response: IncomingMessage): Promise<FingerpostError> {
    const { problem: said } = await this.#read(response);
    return said === undefined ? this.#stranger(response) : this.refusal(said);
  }

  /** The response as it begins; its body is the caller's. It does not keep the process alive once it has begun. */
  response(call: HttpCall): Promise<IncomingMessage> {
    if (this.#isClosed) return Promise.reject(new FingerpostError('registry', 'the registry was closed'));
    const { method, path, query = {}, body, silenceMs = SILENCE_MS } = call;
    const url = new URL(path, this.#place.origin);
    url.search = new URLSearchParams(query).toString();
    const open = url.protocol === 'https:' ? secure : plain;
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = open(url, { method, headers: this.#headers(call, text), agent: false });
      this.#open.add(request);
      request.once('close', () => this.#open.delete(request));
      request.setTimeout(silenceMs, () =>
        request.destroy(new Error(`nothing came for ${silenceMs / 1000} s`)),
      );
      request.once('error', (cause) => reject(this.#unreached(call, cause)));
      request.once('response', resolve);
      request.end(text);
    });
  }

  /** Ends what is under way; later calls are refused. */
  close(): void {
    this.#isClosed = true;
    for (const one of this.#open) one.destroy(new Error('the registry was closed'));
  }

  async #read(response: IncomingMessage): Promise<HttpReply> {
    const status = response.statusCode ?? 0;
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    const body = jsonIn(text);
    const isDone = status >= 200 && status < 300;
    if (isDone && (body !== undefined || text === '')) return { status, body, problem: undefined };
    const read = problem.safeParse(body);
    if (isDone || !read.success) throw this.#stranger(response);
    return { status, body: undefined, problem: read.data };
  }

  #stranger({ statusCode }: IncomingMessage): FingerpostError {
    const { origin } = this.#place;
    return new FingerpostError(
      'registry',
      `what answers at ${origin} is no Fingerpost (status ${statusCode})`,
    );
  }

  #headers({ headers }: HttpCall, text: string | undefined): Record<string, string> {
    const { token } = this.#place;
    return {
      accept: '*/*',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(text !== undefined && {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(text)),
      }),
      ...headers,
    };
  }

  #unreached({ method }: HttpCall, cause: unknown): FingerpostError {
    const { origin } = this.#place;
    if (this.#isClosed) return new FingerpostError('registry', 'the registry was closed', { cause });
    const isRefused = cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED';
    const maybe = method === 'GET' || isRefused ? '' : '; whether it was done is not known';
    const noTls = messageOf(cause).includes('wrong version number'); // OpenSSL's words fill two lines
    const what = `the server at ${origin} cannot be reached${noTls ? ': it speaks no TLS, use http://' : ''}${maybe}`;
    return new FingerpostError('unavailable', what, noTls ? {} : { cause });
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
