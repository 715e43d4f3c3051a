// What is wrong with a request, in the form that programs know (RFC 9457).
import type { Context } from 'hono';

/** `title` is the same for every problem of its kind, `detail` is about this request: what was read, what is allowed. */
export function problemReply(context: Context, status: 400 | 404, title: string, detail: string): Response {
  return context.json({ type: 'about:blank', title, status, detail }, status, {
    'content-type': 'application/problem+json',
  });
}
