// The JSON of /v1/top, checked: what the server says of itself, and who asks for what.
import { z } from 'zod';

const count = z.number().min(0);
const counts = z.record(z.string(), count);

const frequent = z.object({
  /** A name in presentation form, or the text of an address. */
  key: z.string(),
  rate: count.describe('replies a second'),
  error: count.describe('by how much that may be too much'),
});

export const topSchema = z.object({
  version: z.string(),
  at: z.number().describe('milliseconds since 1970'),
  registry: z.object({
    url: z.string(),
    state: z.string(),
    since: z.number().nullable().describe('cut off since, milliseconds since 1970'),
    lag: z.number().nullable().describe('seconds since its last word'),
    revision: z.number(),
    services: count,
    bad: count,
    held: count,
    changes: count,
  }),
  received: count.describe('messages since the start'),
  answered: count.describe('questions since the start'),
  rcodes: counts,
  types: counts,
  durations: z.object({
    bounds: z.array(z.number()).describe('in seconds'),
    counts: z.array(count).describe('one more than bounds: of what took longer'),
  }),
  table: z.object({ hits: count, misses: count, answers: count, bytes: count, capacity: count }),
  misses: z.object({ queued: count, dropped: count, waiting: count }),
  workers: z.object({ alive: count, replaced: count }),
  limited: z.object({ denied: count, dropped: count, limited: count }),
  upstream: z.array(
    z.object({
      name: z.string(),
      servers: z.array(
        z.object({
          address: z.string(),
          state: z.enum(['up', 'down', 'loop']),
          since: z.number().optional(),
          roundTripMs: z.number().optional(),
        }),
      ),
    }),
  ),
  window: count.describe('seconds that the rates below are made from; 0 when nobody has looked before'),
  share: z.number().describe('the part of all replies that they are made from'),
  names: z.array(frequent),
  clients: z.array(frequent),
});

export type TopReport = z.infer<typeof topSchema>;
