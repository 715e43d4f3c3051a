// /v1/leases: what services hold themselves by.
import { z } from 'zod';
import { leaseId, leaseMessage, leaseRequest, leaseState } from '../registry/http-messages.ts';
import { json, type Operation, operation } from './operation.ts';
import { type ApiParts, registryOf } from './parts.ts';
import { problem } from './problem.ts';

const params = z.strictObject({ id: leaseId });

export function leaseOperations(parts: ApiParts): Operation[] {
  return [
    operation({
      method: 'post',
      path: '/v1/leases',
      id: 'grantLease',
      summary: 'a new lease',
      isWrite: true,
      body: leaseRequest,
      answers: { 201: { description: 'granted, perhaps for longer than was asked', schema: leaseMessage } },
      problems: [409, 503],
      run: async ({ body: { ttl } }) => json(await registryOf(parts).grant(ttl), 201),
    }),
    operation({
      method: 'get',
      path: '/v1/leases/{id}',
      id: 'getLease',
      summary: 'whether a lease has run out',
      params,
      answers: { 200: { description: 'what is known of it', schema: leaseState } },
      problems: [503],
      run: async ({ params: { id } }) => json({ id, expired: await registryOf(parts).hasExpired(id) }),
    }),
    operation({
      method: 'post',
      path: '/v1/leases/{id}/keepalive',
      id: 'keepLeaseAlive',
      summary: 'renews a lease for its whole TTL',
      isWrite: true,
      params,
      answers: { 204: { description: 'renewed' } },
      problems: [404, 503],
      async run({ params: { id } }) {
        if (await registryOf(parts).keepAlive(id)) return new Response(null, { status: 204 });
        throw problem(404, `there is no lease ${id}: it has run out or was revoked`);
      },
    }),
    operation({
      method: 'delete',
      path: '/v1/leases/{id}',
      id: 'revokeLease',
      summary: 'ends a lease and removes what it holds; one that is gone is no error',
      isWrite: true,
      params,
      answers: { 204: { description: 'it is gone' } },
      problems: [503],
      async run({ params: { id } }) {
        await registryOf(parts).revoke(id);
        return new Response(null, { status: 204 });
      },
    }),
  ];
}
