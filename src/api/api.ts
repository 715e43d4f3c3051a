// The HTTP API as a whole: the registry behind this server, read, written and followed over HTTP.
import { z } from 'zod';
import type { Routes } from '../observe/http.ts';
import { entryOperations } from './entries.ts';
import { eventOperations } from './events.ts';
import { leaseOperations } from './leases.ts';
import { openApiDocument } from './openapi.ts';
import { json, type Operation, operation } from './operation.ts';
import type { ApiParts } from './parts.ts';
import { addRoutes } from './routes.ts';
import { serviceOperations } from './services.ts';
import { waitOperations } from './wait.ts';

/** All operations, the one that describes them included. */
export function apiOperations(parts: ApiParts): Operation[] {
  const all = [
    ...serviceOperations(parts),
    ...leaseOperations(parts),
    ...eventOperations(parts),
    ...waitOperations(parts),
    ...entryOperations(parts),
    ...(parts.more ?? []),
  ];
  const document = operation({
    method: 'get',
    path: '/v1/openapi.json',
    id: 'describe',
    summary: 'this document',
    answers: { 200: { description: 'OpenAPI 3.1', schema: z.looseObject({ openapi: z.string() }) } },
    run: () => json(described),
  });
  all.push(document);
  const described = openApiDocument(all, parts.version);
  return all;
}

/** The API, to be served beside other paths. */
export function apiRoutes(parts: ApiParts): Routes {
  return (app) => addRoutes(app, apiOperations(parts), { access: parts.access, logger: parts.logger });
}
