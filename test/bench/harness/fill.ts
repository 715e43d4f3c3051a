// Services into an etcd, many to a transaction.
import { Etcd3 } from 'etcd3';
import type { BenchService } from '../services.ts';
import { showProgress } from './progress.ts';

/** What etcd takes in one transaction unless it is told otherwise. */
const PER_TRANSACTION = 128;
const AT_ONCE = 8;

/** Writes every service. */
export async function fill(
  endpoint: string,
  all: readonly Pick<BenchService, 'key' | 'value'>[],
): Promise<void> {
  const client = new Etcd3({ hosts: `http://${endpoint}` });
  const write = async (some: readonly Pick<BenchService, 'key' | 'value'>[]) => {
    const puts = some.map(({ key, value }) => client.put(key).value(value));
    await client
      .if('/fingerpost-bench', 'Version', '==', 0)
      .then(...puts)
      .commit();
  };
  const progress = showProgress('writing into etcd', 'services');
  try {
    for (let i = 0; i < all.length; i += PER_TRANSACTION * AT_ONCE) {
      const parts = Array.from({ length: AT_ONCE }, (_, n) => i + n * PER_TRANSACTION);
      await Promise.all(parts.map((from) => write(all.slice(from, from + PER_TRANSACTION))));
      progress.reached(Math.min(all.length, i + PER_TRANSACTION * AT_ONCE), all.length);
    }
  } finally {
    progress.end();
    client.close();
  }
}
