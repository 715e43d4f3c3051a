// Granting, renewing and ending a lease of etcd: one question, one answer each.
import type { CallOptions } from '@grpc/grpc-js';
import type { Etcd3, ILeaseKeepAliveResponse } from 'etcd3';
import { FingerpostError } from '../base/errors.ts';
import type { Lease } from '../service/entry.ts';
import type { EtcdEndpoints } from './etcd-endpoints.ts';
import { isNoLease } from './etcd-errors.ts';

/** A new lease; its TTL (seconds) is what etcd granted, which may be more than was asked for. */
export async function grant(etcd: EtcdEndpoints, ttl: number): Promise<Lease> {
  const answer = await etcd.call(({ leaseClient }, options) => leaseClient.leaseGrant({ TTL: ttl }, options));
  if (answer.error !== '') throw new FingerpostError('registry', `etcd granted no lease: ${answer.error}`);
  return { id: answer.ID, ttl: Number(answer.TTL) };
}

/** Renews a lease; false when it is gone. */
export async function keepAlive(etcd: EtcdEndpoints, id: string): Promise<boolean> {
  const { TTL } = await etcd.call((client, options) => askOnce(client, id, options));
  return Number(TTL) > 0;
}

/** Ends a lease; one that is gone already is no error. */
export async function revoke(etcd: EtcdEndpoints, id: string): Promise<void> {
  try {
    await etcd.call(({ leaseClient }, options) => leaseClient.leaseRevoke({ ID: id }, options));
  } catch (thrown) {
    if (!isNoLease(thrown)) throw thrown;
  }
}

/** etcd renews leases over a stream; ours carries one request and one answer. */
async function askOnce(client: Etcd3, id: string, options: CallOptions): Promise<ILeaseKeepAliveResponse> {
  const stream = await client.leaseClient.leaseKeepAlive(options);
  try {
    return await new Promise((resolve, reject) => {
      stream.on('data', resolve);
      stream.on('error', reject);
      stream.on('end', () => reject(new Error('etcd ended the stream without an answer')));
      stream.write({ ID: id });
    });
  } finally {
    stream.cancel();
  }
}
