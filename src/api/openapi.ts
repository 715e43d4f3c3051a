// The OpenAPI 3.1 document, made of the operations themselves.
import { z } from 'zod';
import { eventMessages, problem } from '../registry/http-messages.ts';
import type { Answer, Operation } from './operation.ts';

/** What any operation may answer. */
const EVERYWHERE: readonly number[] = [403, 405];
const WITH_BODY: readonly number[] = [400, 413, 415];

type Json = Readonly<Record<string, unknown>>;

export function openApiDocument(operations: readonly Operation[], version: string): Json {
  const components = new Components();
  const paths: Record<string, Record<string, Json>> = {};
  for (const one of operations) {
    paths[one.path] = { ...paths[one.path], [one.method]: operationOf(one, components) };
  }
  for (const schema of Object.values(eventMessages)) components.refer(schema, 'output');
  return {
    openapi: '3.1.0',
    info: {
      title: 'Fingerpost',
      version,
      description:
        'The services of an authoritative DNS server: read, written, leased, followed, waited for.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths,
    components: {
      schemas: components.all,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'what --api-token-file of the server holds' },
      },
    },
  };
}

/** Schemas by their ids, each written once. */
class Components {
  readonly all: Record<string, unknown> = {};

  /** A reference to a schema that has an id, or the schema itself. */
  refer(schema: z.ZodType, io: 'input' | 'output'): Json {
    const { $schema: _, $defs = {}, ...own } = z.toJSONSchema(schema, { io }) as Record<string, unknown>;
    for (const [id, part] of Object.entries($defs as Json)) this.all[id] ??= moved(withoutId(part));
    const { id } = schema.meta() ?? {};
    if (typeof id !== 'string') return moved(own) as Json;
    this.all[id] ??= moved(withoutId(own));
    return { $ref: `#/components/schemas/${id}` };
  }
}

function withoutId(schema: unknown): unknown {
  const { id: _, ...rest } = schema as Record<string, unknown>;
  return rest;
}

/** References of JSON Schema at their place in the document. */
function moved(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'));
}

function operationOf(one: Operation, components: Components): Json {
  return {
    operationId: one.id,
    summary: one.summary,
    ...(one.isWrite === true && { security: [{ token: [] }, {}] }),
    parameters: parametersOf(one, components),
    ...(one.body !== undefined && {
      requestBody: { required: true, content: jsonOf(components.refer(one.body, 'input')) },
    }),
    responses: responsesOf(one, components),
  };
}

function parametersOf({ params, query, headers = {} }: Operation, components: Components): Json[] {
  const fields = (schema: z.ZodType | undefined, place: string): Json[] => {
    if (schema === undefined) return [];
    const { properties = {}, required = [] } = components.refer(schema, 'input') as {
      properties?: Record<string, Json>;
      required?: readonly string[];
    };
    return Object.entries(properties).map(([name, { description, ...rest }]) => ({
      name,
      in: place,
      required: required.includes(name),
      ...(description !== undefined && { description }),
      schema: rest,
    }));
  };
  const fromHeaders = Object.entries(headers).map(([name, description]) => ({
    ...{ name, in: 'header', required: false, description },
    schema: { type: 'string' },
  }));
  return [...fields(params, 'path'), ...fields(query, 'query'), ...fromHeaders];
}

function responsesOf(one: Operation, components: Components): Json {
  const problems = new Set([
    ...EVERYWHERE,
    ...(one.isWrite === true ? [401] : []),
    ...(one.body === undefined ? [] : WITH_BODY),
    ...[422, 500],
    ...(one.problems ?? []),
  ]);
  const content = { 'application/problem+json': { schema: components.refer(problem, 'output') } };
  const refusals = [...problems].sort().map((status) => [status, { description: 'a problem', content }]);
  const answers = Object.entries(one.answers).map(([status, answer]) => [
    status,
    answerOf(answer, components),
  ]);
  return Object.fromEntries([...answers, ...refusals]) as Json;
}

function answerOf({ description, schema, type, headers }: Answer, components: Components): Json {
  const shown = Object.entries(headers ?? {}).map(([name, says]) => [
    name,
    { description: says, schema: { type: 'string' } },
  ]);
  return {
    description,
    ...(schema !== undefined && { content: jsonOf(components.refer(schema, 'output')) }),
    ...(type !== undefined && { content: { [type]: { schema: { type: 'string' } } } }),
    ...(shown.length > 0 && { headers: Object.fromEntries(shown) as Json }),
  };
}

function jsonOf(schema: Json): Json {
  return { 'application/json': { schema } };
}
