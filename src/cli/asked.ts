// What a running server says over HTTP to a command that asks it.
import type { z } from 'zod';
import { FingerpostError } from '../base/errors.ts';

const TIMEOUT_MS = 10_000;

/**
 * The JSON at a URL of a running server. Rejects with a FingerpostError: `usage` where the server does not take the question,
 * `unavailable` where there is none, it refuses, or it is no Fingerpost `that` does it.
 */
export async function asked<T>(
  url: URL,
  schema: z.ZodType<T>,
  { command, that }: { command: string; that: string },
): Promise<T> {
  const response = await get(url, command);
  const body: unknown = await response.json().catch(() => undefined);
  const answer = schema.safeParse(body);
  if (response.ok && answer.success) return answer.data;
  const detail = detailOf(response, body);
  if (detail !== undefined)
    throw new FingerpostError(response.status === 422 ? 'usage' : 'unavailable', `${url.origin}: ${detail}`);
  throw new FingerpostError(
    'unavailable',
    `${url.origin} is no Fingerpost ${that}: HTTP status ${response.status}`,
  );
}

async function get(url: URL, command: string): Promise<Response> {
  try {
    return await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (cause) {
    const hint = `${command} asks a running server where it serves HTTP: --http, or @ADDR:PORT`;
    throw new FingerpostError('unavailable', `no server at ${url.origin} (${hint})`, { cause });
  }
}

/** Of a problem (RFC 9457), as the API gives them. */
function detailOf({ headers }: Response, body: unknown): string | undefined {
  if (headers.get('content-type') !== 'application/problem+json') return undefined;
  if (typeof body !== 'object' || body === null || !('detail' in body)) return undefined;
  return typeof body.detail === 'string' ? body.detail : undefined;
}
