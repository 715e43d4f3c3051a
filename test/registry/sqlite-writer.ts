// A process of its own that writes to a registry file: `node sqlite-writer.ts MODE PATH`.
// `loop`: writes /skydns/n = 0, 1, ... and prints each number once it was acknowledged.
// `lease`: grants a lease of 1 second, binds a key to it, prints its id, and waits to be killed.
// `once`: writes /skydns/once and ends.
import { writeSync } from 'node:fs';
import { realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { openRegistry } from '../../src/registry/open.ts';
import { parseRegistryUrl } from '../../src/registry/url.ts';

const [mode, path] = process.argv.slice(2);
const registry = await openRegistry(parseRegistryUrl(`sqlite:${path}`), { logger: silent, clock: realClock });

if (mode === 'loop') {
  for (let i = 0; ; i++) {
    await registry.commit([
      { kind: 'put', key: '/skydns/n', value: String(i) },
      { kind: 'put', key: `/skydns/k/${i % 50}`, value: String(i) },
    ]);
    writeSync(1, `${i}\n`);
  }
} else if (mode === 'lease') {
  const lease = await registry.grant(1);
  await registry.commit([{ kind: 'put', key: '/skydns/ghost', value: 'x', lease: lease.id }]);
  writeSync(1, `${lease.id}\n`);
  setInterval(() => {}, 60_000);
} else {
  await registry.commit([{ kind: 'put', key: '/skydns/once', value: 'x' }]);
  await registry.close();
}
