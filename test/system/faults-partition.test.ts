// The fault matrix: the server and etcd on hosts of their own, between which packets are lost.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cable } from '../support/namespaces.ts';
import { ROOT } from '../support/program.ts';
import { Scene } from '../support/scene.ts';
import { judge } from '../support/trial/matrix.ts';
import { type Row, table } from '../support/trial/rows.ts';

const scene = new Scene();
const SCRIPT = join(ROOT, 'test/system/processes/partitions.ts');
const LIMIT_MS = 600_000;

it('partitions and one-way loss leave every answer right, and are healed from', {
  timeout: LIMIT_MS,
}, async () => {
  const { server: etcd, client: server } = cable(scene);
  const args = [SCRIPT, etcd.name, server.name];
  const { code, stdout, stderr } = await etcd.run(process.execPath, args, { cwd: await scene.folder() });
  const rows = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Row);
  process.stdout.write(`\n${table(rows)}\n`);
  expect(code, stderr).toBe(0);
  expect(rows).toHaveLength(5);
  for (const row of rows) judge(row);
});
