// GET /v1/wait: returns when every live server has a revision in its answers, or says which has not.
import { z } from 'zod';
import { type LiveServer, notEverywhere } from '../registry/applied.ts';
import { applied } from '../registry/http-messages.ts';
import { json, type Operation, operation } from './operation.ts';
import type { ApiParts } from './parts.ts';
import { problem } from './problem.ts';

const FALLBACK_S = 10;
const MOST_S = 300;
/** So many may wait at one time. */
const MOST_WAITING = 256;

/** A whole number in a query. */
export function numeric(least: number, most: number): z.ZodType<number> {
  return z
    .string()
    .regex(/^\d{1,16}$/)
    .transform(Number)
    .pipe(z.int().min(least).max(most));
}

export const wholeRevision = numeric(0, Number.MAX_SAFE_INTEGER);

const shown = ({ server, addresses, revision }: LiveServer) => ({ server, addresses, revision });

export function waitOperations({ wait }: ApiParts): Operation[] {
  let waiting = 0;
  return [
    operation({
      method: 'get',
      path: '/v1/wait',
      id: 'wait',
      summary: 'returns when every live server answers with all changes up to a revision',
      query: z.strictObject({
        revision: wholeRevision.meta({ description: 'as a write has returned it' }),
        timeout: numeric(1, MOST_S)
          .default(FALLBACK_S)
          .meta({ description: `seconds to wait at most, 1 to ${MOST_S}` }),
      }),
      answers: { 200: { description: 'all of them do', schema: applied } },
      problems: [503, 504],
      async run({ query: { revision, timeout } }) {
        if (waiting >= MOST_WAITING)
          throw problem(503, `${MOST_WAITING} are waiting already`, { headers: { 'retry-after': '1' } });
        waiting += 1;
        try {
          const waited = await wait(revision, timeout * 1000);
          const servers = waited.servers.map(shown);
          if (waited.everywhere) return json({ revision, servers });
          throw problem(504, notEverywhere(waited, revision, timeout), { more: { servers } });
        } finally {
          waiting -= 1;
        }
      },
    }),
  ];
}
