// Services by name, for `fingerpost load`, and as keys and values for etcd.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Etcd3 } from 'etcd3';
import type { TestEtcd } from './etcd.ts';
import type { Scene } from './scene.ts';

export type Services = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The key of a name under the default prefix. */
export function keyOf(name: string): string {
  return `/skydns/${name.split('.').reverse().join('/')}`;
}

/** Loads services into the embedded registry of a folder; throws what the command said where it failed. */
export async function loadServices(
  scene: Scene,
  folder: string,
  services: Services,
  ...flags: readonly string[]
): Promise<void> {
  const file = join(folder, 'services.yaml');
  await writeFile(file, JSON.stringify({ services }));
  const { code, stderr } = await scene.call(['load', '--add', file, ...flags], { cwd: folder });
  if (code !== 0) throw new Error(stderr);
}

/** etcd takes 128 operations in one transaction unless it is told otherwise. */
const TRANSACTION = 100;

/** Puts very many services into etcd. */
export async function fillEtcd(etcd: TestEtcd, services: Services): Promise<void> {
  const client = new Etcd3({ hosts: etcd.endpoint });
  const entries = Object.entries(services);
  try {
    for (let start = 0; start < entries.length; start += TRANSACTION) {
      const puts = entries
        .slice(start, start + TRANSACTION)
        .map(([name, service]) => client.put(keyOf(name)).value(JSON.stringify(service)));
      await client
        .if('/', 'Version', '==', 0)
        .then(...puts)
        .commit();
    }
  } finally {
    client.close();
  }
}
