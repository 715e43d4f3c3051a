// Writes in the short form that tests like.
import type { Write } from '../../src/registry/registry.ts';

export const put = (key: string, value: string, lease?: string): Write =>
  lease === undefined ? { kind: 'put', key, value } : { kind: 'put', key, value, lease };
export const del = (key: string): Write => ({ kind: 'delete', key });
