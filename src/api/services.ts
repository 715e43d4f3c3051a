// /v1/services: services by name, held to the checks of the server: what it would not serve is not written.
import { z } from 'zod';
import { committed, leaseId, leaseMessage } from '../registry/http-messages.ts';
import type { Registry } from '../registry/registry.ts';
import type { Entry } from '../service/entry.ts';
import { keyOf, nameOf } from '../service/key.ts';
import { isProblem } from '../service/problem.ts';
import { readEntry } from '../service/read.ts';
import { serviceSchema } from '../service/record.ts';
import { listResponse } from './list.ts';
import { type ApiCall, json, type Operation, operation } from './operation.ts';
import { type ApiParts, registryOf } from './parts.ts';
import { problem } from './problem.ts';

const service = serviceSchema.meta({ id: 'Service', description: 'a service, as it is stored' });

const shownService = z
  .object({
    name: z.string().meta({ description: 'the name, or the key where that is none' }),
    key: z.string(),
    revision: z.int(),
    lease: leaseMessage.nullable(),
    writtenAt: z.iso.datetime().nullable().meta({ description: 'where the registry knows' }),
    service: service.optional(),
    value: z.string().optional().meta({ description: 'what is stored where it cannot be used' }),
    problem: z.string().optional().meta({ description: 'why it cannot be used' }),
  })
  .meta({ id: 'StoredService' });

const serviceList = z
  .object({ revision: z.int(), services: z.array(shownService) })
  .meta({ id: 'ServiceList' });

const params = z.strictObject({ name: z.string().meta({ description: 'such as 1.rails.skydns.local' }) });
const CONDITIONS = {
  'If-Match': 'ETag that it must have now, or * for any: else 412',
  'If-None-Match': '*: it must not be there yet, else 412',
};
const ETAG = { ETag: 'the revision of the last write to it, in quotes' };
/** How often a write is tried again that others were quicker than. */
const MOST_TRIES = 20;

type NameCall = ApiCall<z.infer<typeof params>>;

export function serviceOperations(parts: ApiParts): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/v1/services',
      id: 'listServices',
      summary: 'the services at a name and below it',
      query: z.strictObject({
        prefix: z.string().optional().meta({ description: 'the name to begin at; without it everything' }),
      }),
      answers: { 200: { description: 'sorted by their keys', schema: serviceList } },
      problems: [503],
      async run({ query: { prefix } }) {
        const registry = registryOf(parts);
        const all = prefix === undefined || prefix === '' || prefix === '.';
        const { revision, entries } = await registry.list(all ? undefined : keyAt(registry, prefix));
        return listResponse(revision, 'services', entries, (entry) => shown(registry.prefix, entry));
      },
    }),
    operation({
      method: 'get',
      path: '/v1/services/{name}',
      id: 'getService',
      summary: 'one service',
      params,
      answers: { 200: { description: 'as it is stored', schema: shownService, headers: ETAG } },
      problems: [404, 503],
      async run({ params: { name } }) {
        const registry = registryOf(parts);
        const { entry } = await registry.get(keyAt(registry, name));
        if (entry === undefined) throw missing(name);
        return json(shown(registry.prefix, entry), 200, { etag: etagOf(entry.revision) });
      },
    }),
    operation({
      method: 'put',
      path: '/v1/services/{name}',
      id: 'putService',
      summary: 'writes one service, if it can be served',
      isWrite: true,
      params,
      query: z.strictObject({
        lease: leaseId.optional().meta({ description: 'the lease that it ends with' }),
      }),
      headers: CONDITIONS,
      body: service,
      answers: { 200: { description: 'it is written', schema: committed, headers: ETAG } },
      problems: [409, 412, 503],
      run: (call) => put(parts, call, call.query.lease),
    }),
    operation({
      method: 'delete',
      path: '/v1/services/{name}',
      id: 'deleteService',
      summary: 'removes one service',
      isWrite: true,
      params,
      headers: { 'If-Match': CONDITIONS['If-Match'] },
      answers: { 200: { description: 'it is gone', schema: committed } },
      problems: [404, 412, 503],
      run: (call) => remove(parts, call),
    }),
  ];
}

async function put(parts: ApiParts, call: NameCall, lease: string | undefined): Promise<Response> {
  const { name } = call.params;
  const registry = registryOf(parts);
  const key = keyAt(registry, name);
  const value = call.text.trim();
  const usable = readEntry(registry.prefix, { key, value });
  if (isProblem(usable)) throw problem(422, `${name} would not be served: ${usable.problem}`);
  if (!parts.inZone(usable.labels))
    throw problem(422, `${name} would not be served: it is outside the zones (${parts.zones})`);
  const write = { kind: 'put', key, value, ...(lease !== undefined && { lease }) } as const;
  const headers = call.request.headers;
  const ifMatch = headers.get('if-match');
  const isNew = anewOnly(headers.get('if-none-match'));
  if (ifMatch === null && !isNew) return written(await registry.commit([write]));
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const { entry } = await registry.get(key);
    if (isNew && entry !== undefined) throw changed(`${name} is there already`);
    if (ifMatch !== null && !matches(ifMatch, entry)) throw changed(`${name} is not what If-Match says`);
    const revision = await registry.commitIf([{ key, revision: entry?.revision }], [write]);
    if (revision !== undefined) return written(revision);
  }
  throw changed(`${name} changes all the time`);
}

async function remove(parts: ApiParts, { params: { name }, request }: NameCall): Promise<Response> {
  const registry = registryOf(parts);
  const key = keyAt(registry, name);
  const ifMatch = request.headers.get('if-match');
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const { entry } = await registry.get(key);
    if (ifMatch !== null && !matches(ifMatch, entry)) throw changed(`${name} is not what If-Match says`);
    if (entry === undefined) throw missing(name);
    const revision = await registry.commitIf([{ key, revision: entry.revision }], [{ kind: 'delete', key }]);
    if (revision !== undefined) return json({ revision });
  }
  throw changed(`${name} changes all the time`);
}

/** The key of a name. Throws an ApiProblem. */
function keyAt({ prefix }: Registry, name: string): string {
  const key = keyOf(prefix, name);
  if (isProblem(key)) throw problem(422, `name: ${key.problem}`);
  return key;
}

function shown(prefix: string, entry: Entry): z.infer<typeof shownService> {
  const { key, value, revision, lease, writtenAt } = entry;
  const name = nameOf(prefix, key);
  const usable = readEntry(prefix, entry);
  return {
    name: isProblem(name) ? key : name.replace(/(.)\.$/, '$1'),
    key,
    revision,
    lease: lease ?? null,
    writtenAt: writtenAt === undefined ? null : new Date(writtenAt).toISOString(),
    ...(isProblem(usable) ? { value, problem: usable.problem } : { service: JSON.parse(value) }),
  };
}

function etagOf(revision: number): string {
  return `"${revision}"`;
}

/** If-Match (RFC 9110 13.1.1): one of several ETags, or any. */
function matches(ifMatch: string, entry: Entry | undefined): boolean {
  if (entry === undefined) return false;
  const all = ifMatch.split(',').map((one) => one.trim());
  return all.includes('*') || all.includes(etagOf(entry.revision));
}

function anewOnly(ifNoneMatch: string | null): boolean {
  if (ifNoneMatch === null) return false;
  if (ifNoneMatch.trim() === '*') return true;
  throw problem(422, `If-None-Match: read ${JSON.stringify(ifNoneMatch)}, allowed: *`);
}

function written(revision: number): Response {
  return json({ revision }, 200, { etag: etagOf(revision) });
}

function missing(name: string) {
  return problem(404, `there is no service ${name}`);
}

function changed(detail: string) {
  return problem(412, detail);
}
