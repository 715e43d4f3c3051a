// What goes wrong over HTTP, as problem details (RFC 9457).
import { STATUS_CODES } from 'node:http';
import { FingerpostError, messageOf } from '../base/errors.ts';

/** What a problem tells beside its status. */
export interface ProblemParts {
  /** A sentence for people. */
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Members of its own. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** Thrown by what serves a request; becomes its response. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly parts: ProblemParts;

  constructor(status: number, parts: ProblemParts) {
    super(parts.detail);
    this.status = status;
    this.parts = parts;
  }

  response(): Response {
    const { detail, headers = {}, more = {} } = this.parts;
    const { status } = this;
    const body = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Problem', status, detail, ...more };
    return new Response(JSON.stringify(body), {
      status,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
    });
  }
}

export function problem(status: number, detail: string, rest: Omit<ProblemParts, 'detail'> = {}): ApiProblem {
  return new ApiProblem(status, { detail, ...rest });
}

/** Anything that was thrown; undefined for a mistake in the program. */
export function problemOf(thrown: unknown): ApiProblem | undefined {
  if (thrown instanceof ApiProblem) return thrown;
  if (!(thrown instanceof FingerpostError)) return undefined;
  const detail = messageOf(thrown);
  if (thrown.code === 'unavailable')
    return problem(503, detail, { headers: { 'retry-after': '1' }, more: { code: 'unavailable' } });
  if (thrown.code === 'registry') return problem(409, detail, { more: { code: 'registry' } });
  return problem(422, detail);
}
