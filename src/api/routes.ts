// Operations as routes: each request is let in, checked, answered, and what goes wrong is a problem.
import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { Logger } from '../base/log.ts';
import { type Access, checkAccess } from './access.ts';
import { bodyText, checked, readBody } from './body.ts';
import type { ApiCall, Operation } from './operation.ts';
import { problem, problemOf } from './problem.ts';

export interface RouteDeps {
  readonly access: () => Access;
  readonly logger: Logger;
}

const NOTHING = z.strictObject({});

/** Adds the operations, and a problem for the methods that their paths have not. */
export function addRoutes(app: Hono, operations: readonly Operation[], deps: RouteDeps): void {
  const byPath = Map.groupBy(operations, ({ path }) => path);
  for (const [path, all] of byPath) {
    const route = path.replaceAll(/\{(\w+)\}/g, ':$1');
    for (const one of all) app.on(one.method.toUpperCase(), route, (context) => serve(context, one, deps));
    app.all(route, (context) => refuseMethod(context, all, deps));
  }
}

async function serve(context: Context, one: Operation, { access, logger }: RouteDeps): Promise<Response> {
  const request = context.req.raw;
  try {
    checkAccess(request, one.isWrite === true, access());
    return await one.run(await callOf(context, one));
  } catch (thrown) {
    const known = problemOf(thrown);
    if (known !== undefined) return known.response();
    logger.error({ path: one.path, cause: thrown }, 'a mistake in the program: a request was not answered');
    return problem(500, 'a mistake in the program').response();
  }
}

async function callOf(context: Context, one: Operation): Promise<ApiCall> {
  const request = context.req.raw;
  checkEncoding(request);
  const params = checked(context.req.param(), one.params ?? NOTHING, 'path');
  const query = checked(queryOf(context), one.query ?? NOTHING, 'query');
  const text = one.body === undefined ? '' : await bodyText(request);
  const body = one.body === undefined ? undefined : readBody(text, one.body);
  const { incoming, outgoing } = (context.env ?? {}) as Partial<NonNullable<ApiCall['wire']>>;
  const wire = incoming === undefined || outgoing === undefined ? undefined : { incoming, outgoing };
  return { request, params, query, body, text, wire };
}

/** What is no UTF-8 behind its percent signs would be taken as it is written. */
function checkEncoding({ url }: Request): void {
  const { pathname, search } = new URL(url);
  try {
    decodeURIComponent(pathname);
    decodeURIComponent(search);
  } catch {
    throw problem(400, 'the path or the query is not percent-encoded UTF-8');
  }
}

function queryOf(context: Context): Record<string, string> {
  const all = Object.entries(context.req.queries());
  const twice = all.find(([, values]) => values.length > 1);
  if (twice !== undefined) throw problem(422, `query: ${twice[0]}: given more than once`);
  return Object.fromEntries(all.map(([name, values]) => [name, values[0] ?? '']));
}

function refuseMethod(context: Context, all: readonly Operation[], { access }: RouteDeps): Response {
  const allow = all.map(({ method }) => method.toUpperCase()).join(', ');
  try {
    checkAccess(context.req.raw, false, access());
    const headers = { allow: allow.includes('GET') ? `${allow}, HEAD` : allow };
    return problem(405, `${context.req.method}: allowed here: ${headers.allow}`, { headers }).response();
  } catch (thrown) {
    return (problemOf(thrown) ?? problem(500, 'a mistake in the program')).response();
  }
}
