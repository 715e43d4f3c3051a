// The document against the API: every route in it is there, none is missing, and what is really answered is what it says.
import { Hono } from 'hono';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { TestApi } from '../support/api.ts';
import { Reading } from './event-reader.ts';
import { ApiScene, ask, type Reply } from './scene.ts';

const scene = new ApiScene();

const schema = z.record(z.string(), z.unknown());
const body = z.record(z.string(), z.strictObject({ schema }));
const parameter = z.strictObject({
  name: z.string(),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean(),
  description: z.string().optional(),
  schema,
});
const operation = z.strictObject({
  operationId: z.string(),
  summary: z.string(),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  parameters: z.array(parameter),
  requestBody: z.strictObject({ required: z.literal(true), content: body }).optional(),
  responses: z.record(
    z.string().regex(/^\d{3}$/),
    z.strictObject({
      description: z.string(),
      content: body.optional(),
      headers: z.record(z.string(), z.strictObject({ description: z.string(), schema })).optional(),
    }),
  ),
});
/** As much of OpenAPI 3.1 as is used, strictly. */
const openApi = z.strictObject({
  openapi: z.literal('3.1.0'),
  info: z.strictObject({
    title: z.string(),
    version: z.string(),
    description: z.string(),
    license: z.strictObject({ name: z.string(), identifier: z.string() }),
  }),
  paths: z.record(
    z.string().regex(/^\/v1\//),
    z.partialRecord(z.enum(['get', 'put', 'post', 'delete']), operation),
  ),
  components: z.strictObject({
    schemas: z.record(z.string().regex(/^\w+$/), schema),
    securitySchemes: z.record(z.string(), schema),
  }),
});

type Document = z.infer<typeof openApi>;

let api: TestApi;
let document: Document;
beforeEach(async () => {
  api = await scene.start();
  document = openApi.parse((await ask(api, 'GET', '/v1/openapi.json')).json);
});

/** A schema of the document as a check. */
function checkOf(one: Record<string, unknown>): z.ZodType {
  const text = JSON.stringify({ ...one, $defs: document.components.schemas });
  return z.fromJSONSchema(JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')));
}

/** Holds a reply to what the document says of it. */
function check(method: string, path: string, reply: Reply): void {
  const said = document.paths[path]?.[method.toLowerCase() as 'get']?.responses[String(reply.status)];
  expect(said, `${method} ${path} ${reply.status} ${reply.text}`).toBeDefined();
  const type = reply.headers.get('content-type')?.split(';')[0];
  if (said!.content === undefined) expect(reply.text).toBe('');
  else {
    expect(Object.keys(said!.content)).toEqual([type]);
    expect(checkOf(said!.content[type!]!.schema).safeParse(reply.json).error).toBeUndefined();
  }
  for (const name of Object.keys(said!.headers ?? {})) expect(reply.headers.get(name)).not.toBeNull();
}

describe('the document', () => {
  it('refers to nothing that is not in it, and names each operation once', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to);
    expect(references.length).toBeGreaterThan(20);
    const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(references.filter((to) => !known.includes(to!))).toEqual([]);
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map((one) => one?.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has the parameters that its paths name', () => {
    for (const [path, operations] of Object.entries(document.paths)) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const one of Object.values(operations))
        expect(one?.parameters.filter((p) => p.in === 'path').map((p) => p.name)).toEqual(named);
    }
  });

  it('has every route that there is', async () => {
    const app = new Hono();
    const { apiRoutes } = await import('../../src/api/api.ts');
    const { EventHub } = await import('../../src/api/event-hub.ts');
    const { realClock } = await import('../../src/base/clock.ts');
    const { silent } = await import('../../src/base/log.ts');
    apiRoutes({
      ...{ registry: () => undefined, hub: new EventHub(), wait: api.registry.waitApplied },
      ...{ inZone: () => true, zones: '', access: () => ({ token: undefined, isLoopback: true }) },
      ...{ version: '0', logger: silent, clock: realClock },
    })(app);
    const routes = app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path}`);
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((m) => `${m.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(routes.sort()).toEqual(documented.sort());
  });

  it('says what every operation really answers', async () => {
    const seen = new Set<string>();
    const call = async (method: string, path: string, at: string, rest: Parameters<typeof ask>[3] = {}) => {
      const reply = await ask(api, method, at, rest);
      check(method, path, reply);
      seen.add(`${method.toLowerCase()} ${path}`);
      return reply;
    };
    const name = '/v1/services/{name}';
    const at = '/v1/services/a.skydns.local';
    const service = { host: '10.0.0.1', port: 80, mail: true, ttl: 5, more: { x: 1 } };
    const { json: lease } = await call('POST', '/v1/leases', '/v1/leases', { body: { ttl: 60 } });
    const put = await call('PUT', name, `${at}?lease=${lease.id}`, { body: service });
    await api.registry.commit([{ kind: 'put', key: '/skydns/bad.', value: '?' }]);
    await call('GET', name, at);
    await call('GET', '/v1/services', '/v1/services');
    await call('GET', '/v1/entries', '/v1/entries');
    await call('GET', '/v1/entry', '/v1/entry?key=/skydns/local/skydns/a');
    await call('GET', '/v1/entry', '/v1/entry?key=/skydns/none');
    await call('GET', '/v1/history', `/v1/history?key=/skydns/none&before=${put.json.revision}`);
    await call('GET', '/v1/leases/{id}', `/v1/leases/${lease.id}`);
    await call('POST', '/v1/leases/{id}/keepalive', `/v1/leases/${lease.id}/keepalive`);
    await call('POST', '/v1/transactions', '/v1/transactions', { body: { writes: [] } });
    await call('POST', '/v1/transactions', '/v1/transactions', {
      body: { if: [{ key: '/skydns/x', revision: 1 }], writes: [] },
    });
    await call('DELETE', name, at);
    await call('DELETE', '/v1/leases/{id}', `/v1/leases/${lease.id}`);
    await call('GET', '/v1/openapi.json', '/v1/openapi.json');
    await call('GET', '/v1/wait', '/v1/wait?revision=1&timeout=1');
    // And where it goes wrong.
    await call('GET', name, at);
    await call('DELETE', name, at);
    await call('PUT', name, at, { body: '{' });
    await call('PUT', name, at, { body: '{}', headers: { 'content-type': 'text/plain' } });
    await call('PUT', name, at, { body: { port: -1 } });
    await call('PUT', name, at, { body: '{}', headers: { 'if-match': '*' } });
    await call('PUT', name, `${at}?lease=${lease.id}`, { body: service });
    await call('PUT', name, at, { body: `"${'x'.repeat(5_000_000)}"` });
    await call('PUT', name, at, { body: service, headers: { origin: 'http://evil.example' } });
    await call('POST', '/v1/leases/{id}/keepalive', '/v1/leases/99/keepalive');
    await call('GET', '/v1/services', '/v1/services?x=1');
    const all = Object.entries(document.paths).flatMap(([path, one]) =>
      Object.keys(one).map((m) => `${m} ${path}`),
    );
    expect([...seen].sort()).toEqual(all.filter((one) => one !== 'get /v1/events').sort());
  });

  it('says what events hold', async () => {
    await api.registry.commit([{ kind: 'put', key: '/skydns/a', value: '1' }]);
    const reading = await Reading.open(api.origin, '/v1/events');
    await reading.until((one) => one.of('listed').length === 1);
    const { id } = await api.registry.grant(60);
    await api.registry.commit([{ kind: 'put', key: '/skydns/a', value: '2', lease: id }]);
    await api.registry.revoke(id);
    await reading.until((one) => one.of('changes').length === 2);
    const resumed = await Reading.open(api.origin, '/v1/events', {
      'last-event-id': reading.events.at(-1)!.id!,
    });
    await resumed.until((one) => one.of('resumed').length === 1);
    const events = [...reading.all, ...resumed.all];
    for (const [name, data] of events) {
      const id = `${name[0]!.toUpperCase()}${name.slice(1)}Event`;
      expect(checkOf({ $ref: `#/components/schemas/${id}` }).safeParse(data).error).toBeUndefined();
    }
    expect(new Set(events.map(([name]) => name)).size).toBe(6);
    for (const one of [reading, resumed]) one.close();
  });
});
