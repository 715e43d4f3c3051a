// The body of a request: JSON in UTF-8, of a bounded size.
import type { z } from 'zod';
import { problem } from './problem.ts';

/** etcd takes 1.5 MiB in one request unless it is told otherwise; escapes make JSON longer. */
export const MOST_BODY = 4 * 2 ** 20;

/** The text of the body. Throws an ApiProblem. */
export async function bodyText({ headers, body }: Request): Promise<string> {
  const type = (headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  // Browsers send this type to other origins only where those allow it.
  if (type !== 'application/json')
    throw problem(415, `Content-Type: read ${JSON.stringify(type)}, allowed: application/json`);
  if (Number(headers.get('content-length') ?? 0) > MOST_BODY) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > MOST_BODY) throw tooLarge();
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch {
    throw problem(400, 'the body is not UTF-8');
  }
}

/** The JSON in a text, checked. Throws an ApiProblem that says where it is wrong. */
export function readBody<T>(text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw problem(400, `the body is not JSON: ${error instanceof Error ? error.message : ''}`);
  }
  return checked(value, schema, 'the body');
}

/** A value that fits a schema. Throws an ApiProblem (422) that says what does not. */
export function checked<T>(value: unknown, schema: z.ZodType<T>, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.map(String).join('.') ?? '';
  throw problem(422, `${path === '' ? what : `${what}: ${path}`}: ${issue?.message ?? 'not allowed'}`);
}

function tooLarge() {
  return problem(413, `the body is larger than ${MOST_BODY} bytes`, { headers: { connection: 'close' } });
}
