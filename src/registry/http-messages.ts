// What is said over HTTP of a registry, as schemas: the API answers with them and documents them, the client reads them.
import { z } from 'zod';
import type { Change, Entry } from '../service/entry.ts';

const revision = z.int().min(0).meta({ description: 'revision of the registry' });
const key = z
  .string()
  .meta({ description: 'full key, prefix included', examples: ['/skydns/local/skydns/rails/1'] });
/** Decimal digits, as both engines have them. */
export const leaseId = z
  .string()
  .regex(/^\d{1,19}$/)
  .meta({ description: 'id of a lease, decimal digits', examples: ['7587888290416551170'] });

export const leaseMessage = z
  .object({ id: leaseId, ttl: z.int().min(1).meta({ description: 'seconds, as granted' }) })
  .meta({ id: 'Lease' });

export const entryMessage = z
  .object({
    key,
    value: z.string(),
    revision,
    lease: leaseMessage.nullable(),
    writtenAt: z.int().nullable().meta({ description: 'milliseconds since 1970, where the registry knows' }),
  })
  .meta({ id: 'Entry', description: 'one key of the registry as it is stored' });

export const entryList = z.object({ revision, entries: z.array(entryMessage) }).meta({ id: 'EntryList' });

export const gotEntry = z.object({ revision, entry: entryMessage.nullable() }).meta({ id: 'GotEntry' });

export const pastEntry = z
  .object({
    known: z.boolean().meta({ description: 'false where the registry has forgotten' }),
    entry: entryMessage.nullable(),
  })
  .meta({ id: 'PastEntry' });

const put = z.object({ kind: z.literal('put'), key, value: z.string(), lease: leaseId.optional() });
const remove = z.object({ kind: z.literal('delete'), key });

export const transaction = z
  .object({
    if: z
      .array(z.object({ key, revision: z.int().min(1).nullable() }))
      .max(1_000)
      .optional()
      .meta({
        description: 'what must hold: the revision of the last write to a key, or null where there is none',
      }),
    writes: z.array(z.discriminatedUnion('kind', [put, remove])).max(10_000),
  })
  .meta({ id: 'Transaction' });

export const committed = z.object({ revision }).meta({ id: 'Committed' });

export const leaseRequest = z
  .object({
    ttl: z
      .int()
      .min(1)
      .max(2 ** 31 - 1)
      .meta({ description: 'seconds' }),
  })
  .meta({ id: 'LeaseRequest' });

export const leaseState = z
  .object({
    id: leaseId,
    expired: z.boolean().meta({ description: 'it has run out, as far as the registry can tell' }),
  })
  .meta({ id: 'LeaseState' });

export const liveServer = z
  .object({
    server: z.string().meta({ description: 'its --server-id' }),
    addresses: z.array(z.string()),
    revision,
  })
  .meta({ id: 'LiveServer' });

export const applied = z
  .object({ revision, servers: z.array(liveServer) })
  .meta({ id: 'Applied', description: 'all live servers have applied the revision' });

/** RFC 9457. */
export const problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z
      .enum(['registry', 'unavailable'])
      .optional()
      .meta({ description: 'registry: it refused; unavailable: it cannot be reached' }),
    servers: z.array(liveServer).optional().meta({ description: 'of a wait that was not met' }),
  })
  .meta({ id: 'Problem' });

const change = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('put'), entry: entryMessage }),
  z.object({ kind: z.literal('delete'), key, revision, expired: z.literal(true).optional() }),
]);

/** The data of each kind of event, by its name. */
export const eventMessages = {
  list: z.object({ revision }).meta({
    id: 'ListEvent',
    description: 'a whole list follows; what was known before stays in force until listed',
  }),
  entries: z.object({ entries: z.array(entryMessage) }).meta({ id: 'EntriesEvent' }),
  listed: z.object({ revision }).meta({
    id: 'ListedEvent',
    description: 'the list is whole: what it did not name is gone',
  }),
  changes: z
    .object({ revision, changes: z.array(change) })
    .meta({ id: 'ChangesEvent', description: 'all changes of one revision' }),
  resumed: z.object({ revision }).meta({
    id: 'ResumedEvent',
    description: 'no list is needed: what was missed has been sent',
  }),
  state: z
    .object({
      state: z.enum(['starting', 'synced', 'stale']),
      since: z.int().optional().meta({ description: 'milliseconds since 1970' }),
      cause: z.string().optional(),
    })
    .meta({ id: 'StateEvent', description: 'how the server stands to its registry' }),
} as const;

export type EventName = keyof typeof eventMessages;
export type EventMessage<N extends EventName> = z.infer<(typeof eventMessages)[N]>;

export function messageOfEntry({
  key: full,
  value,
  revision: at,
  lease,
  writtenAt,
}: Entry): z.infer<typeof entryMessage> {
  return { key: full, value, revision: at, lease: lease ?? null, writtenAt: writtenAt ?? null };
}

export function entryOfMessage(message: z.infer<typeof entryMessage>): Entry {
  return { ...message, lease: message.lease ?? undefined, writtenAt: message.writtenAt ?? undefined };
}

export function messageOfChange(one: Change): z.infer<typeof change> {
  return one.kind === 'put' ? { kind: 'put', entry: messageOfEntry(one.entry) } : one;
}

export function changeOfMessage(message: z.infer<typeof change>): Change {
  if (message.kind === 'put') return { kind: 'put', entry: entryOfMessage(message.entry) };
  const { key: full, revision: at, expired } = message;
  return expired === true
    ? { kind: 'delete', key: full, revision: at, expired }
    : { kind: 'delete', key: full, revision: at };
}
