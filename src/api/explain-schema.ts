// The JSON of /v1/explain, checked: for clients of it, and for whoever documents it.
import { z } from 'zod';
import type { Explanation } from '../query/explain/explanation.ts';

const record = z.object({ name: z.string(), ttl: z.number(), type: z.string(), data: z.string() });

const answer = z.object({
  rcode: z.string().nullable(),
  known: z.boolean(),
  flags: z.array(z.string()),
  error: z.object({ code: z.number(), text: z.string() }).nullable(),
  bytes: z.number(),
  answers: z.array(record),
  authority: z.array(record),
  additional: z.array(record),
});

const service = z.object({
  key: z.string(),
  for: z.string(),
  host: z.string(),
  port: z.number(),
  priority: z.number(),
  weight: z.number(),
  text: z.string(),
  group: z.string(),
  ttl: z.number(),
  revision: z.number(),
  lease: z.object({ id: z.string(), ttl: z.number() }).nullable(),
  age: z.object({ seconds: z.number(), atLeast: z.boolean() }).nullable(),
  state: z.enum(['good', 'quarantined', 'held']),
  used: z.boolean(),
  leftOut: z.enum(['type', 'group', 'owner']).nullable(),
});

export const explanationSchema: z.ZodType<Explanation> = z.object({
  question: z.object({
    name: z.string(),
    type: z.string(),
    client: z.string(),
    transport: z.enum(['udp', 'tcp']),
  }),
  summary: z.string(),
  answer,
  source: z.enum(['table', 'names', 'computed', 'cache', 'servers', 'rule', 'none']),
  reasons: z.array(z.object({ code: z.string(), text: z.string() })),
  registry: z.object({ state: z.string(), revision: z.number(), since: z.string().nullable() }),
  zone: z
    .object({
      name: z.string(),
      match: z.enum(['subtree', 'exact']),
      apex: z.enum(['services', 'subtree']),
      serial: z.number(),
    })
    .nullable(),
  services: z.array(service),
  counts: z.object({ used: z.number(), leftOut: z.number(), bad: z.number() }),
  bad: z.array(
    z.object({
      key: z.string(),
      revision: z.number(),
      problem: z.string(),
      servedRevision: z.number().nullable(),
    }),
  ),
  aliases: z.array(
    z.object({ name: z.string(), target: z.string(), leads: z.boolean(), outside: z.boolean() }),
  ),
  servers: z.array(
    z.object({
      group: z.string(),
      servers: z.array(z.object({ address: z.string(), state: z.string() })),
    }),
  ),
  cache: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      state: z.enum(['fresh', 'expired']),
      rcode: z.string().nullable(),
      seconds: z.number(),
    }),
  ),
});
