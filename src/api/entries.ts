// /v1/entries and /v1/transactions: the registry as it is stored, by key, for programs that keep it themselves.
import { z } from 'zod';
import {
  committed,
  entryList,
  gotEntry,
  messageOfEntry,
  pastEntry,
  transaction,
} from '../registry/http-messages.ts';
import { checkConditions, checkKey, checkWrites } from '../registry/keys.ts';
import type { Registry, Write } from '../registry/registry.ts';
import { listResponse } from './list.ts';
import { json, type Operation, operation } from './operation.ts';
import { type ApiParts, registryOf } from './parts.ts';
import { problem } from './problem.ts';
import { numeric } from './wait.ts';

const key = z.string().meta({ description: 'a full key, prefix included' });

export function entryOperations(parts: ApiParts): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/v1/entries',
      id: 'listEntries',
      summary: 'the entries at a key and below it, as they are stored',
      query: z.strictObject({ key: key.optional() }),
      answers: { 200: { description: 'sorted by the bytes of their keys', schema: entryList } },
      problems: [503],
      async run({ query: { key: at } }) {
        const registry = registryOf(parts);
        if (at !== undefined && at !== registry.prefix)
          checked(registry, () => checkKey(registry.prefix, at));
        const { revision, entries } = await registry.list(at);
        return listResponse(revision, 'entries', entries, messageOfEntry);
      },
    }),
    operation({
      method: 'get',
      path: '/v1/entry',
      id: 'getEntry',
      summary: 'one entry as it is stored',
      query: z.strictObject({ key }),
      answers: {
        200: {
          description: 'the entry, or null where there is none',
          schema: gotEntry,
        },
      },
      problems: [503],
      async run({ query: { key: at } }) {
        const registry = registryOf(parts);
        checked(registry, () => checkKey(registry.prefix, at));
        const { revision, entry } = await registry.get(at);
        return json({ revision, entry: entry === undefined ? null : messageOfEntry(entry) });
      },
    }),
    operation({
      method: 'get',
      path: '/v1/history',
      id: 'getPastEntry',
      summary: 'one entry as it was just before a revision',
      query: z.strictObject({ key, before: numeric(1, Number.MAX_SAFE_INTEGER) }),
      answers: { 200: { description: 'the entry, or null where the key held nothing', schema: pastEntry } },
      problems: [503],
      async run({ query: { key: at, before } }) {
        const registry = registryOf(parts);
        checked(registry, () => checkKey(registry.prefix, at));
        const entry = await registry.before(at, before);
        if (entry === 'unknown') return json({ known: false, entry: null });
        return json({ known: true, entry: entry === undefined ? null : messageOfEntry(entry) });
      },
    }),
    operation({
      method: 'post',
      path: '/v1/transactions',
      id: 'commit',
      summary:
        'several writes under one revision, made as they are: what cannot be served is left out of answers',
      isWrite: true,
      body: transaction,
      answers: { 200: { description: 'they are made, all of them', schema: committed } },
      problems: [409, 412, 503],
      async run({ body }) {
        const registry = registryOf(parts);
        const writes: Write[] = body.writes.map(writeOf);
        const conditions = body.if?.map(({ key: at, revision }) => ({
          key: at,
          revision: revision ?? undefined,
        }));
        checked(registry, () => {
          checkWrites(registry.prefix, writes);
          checkConditions(registry.prefix, conditions ?? []);
        });
        if (conditions === undefined) return json({ revision: await registry.commit(writes) });
        const revision = await registry.commitIf(conditions, writes);
        if (revision !== undefined) return json({ revision });
        throw problem(412, 'a condition does not hold: nothing was written');
      },
    }),
  ];
}

function writeOf(write: z.infer<typeof transaction>['writes'][number]): Write {
  if (write.kind === 'delete') return write;
  const { kind, key: at, value, lease } = write;
  return lease === undefined ? { kind, key: at, value } : { kind, key: at, value, lease };
}

/** Throws an ApiProblem (422) where `check` throws. */
function checked({ prefix }: Registry, check: () => void): void {
  try {
    check();
  } catch (error) {
    const detail = error instanceof Error ? error.message : '';
    throw problem(422, `${detail} (the prefix of this server is ${prefix})`, { more: { code: 'registry' } });
  }
}
