// The package as others get it: packed, put into a project's node_modules, imported, checked by the compiler.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../support/program.ts';
import { Scene } from '../support/scene.ts';

const run = promisify(execFile);
const scene = new Scene();
/** A project that depends on fingerpost. */
let project: string;

const PROGRAM = `
import { Resolver } from 'node:dns/promises';
import { createServer, FingerpostError } from 'fingerpost';

const server = createServer({ registry: 'sqlite::memory:', listen: '127.0.0.1:0', http: 'off' });
await server.start();
await server.ready;
await server.registry?.commit([
  { kind: 'put', key: '/skydns/local/skydns/web/1', value: JSON.stringify({ host: '10.0.0.1', port: 80 }) },
]);
const [address] = server.addresses;
const resolver = new Resolver();
resolver.setServers([\`\${address?.host}:\${address?.port}\`]);
console.log(JSON.stringify(await resolver.resolveSrv('web.skydns.local')));
await server.stop();

try {
  createServer({ ttl: 'long' });
} catch (error) {
  if (error instanceof FingerpostError) console.log(error.code, error.message);
}
`;

beforeAll(async () => {
  project = await scene.folder();
  const installed = join(project, 'node_modules/fingerpost');
  await mkdir(installed, { recursive: true });
  // Packed without running scripts: they would build while other tests use what is built.
  const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', project];
  const { stdout } = await run('npm', pack, { cwd: ROOT });
  await run('tar', ['-xzf', join(project, stdout.trim()), '-C', installed, '--strip-components', '1']);
  await symlink(join(ROOT, 'node_modules'), join(installed, 'node_modules'));
  await mkdir(join(project, 'node_modules/@types'));
  await symlink(join(ROOT, 'node_modules/@types/node'), join(project, 'node_modules/@types/node'));
  await copyFile(join(ROOT, 'tsconfig.json'), join(project, 'base.json'));
  const settings = { extends: './base.json', compilerOptions: { skipLibCheck: false }, include: ['*.ts'] };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(settings));
  await writeFile(join(project, 'package.json'), JSON.stringify({ type: 'module' }));
  await writeFile(join(project, 'program.ts'), PROGRAM);
});

describe('the package', () => {
  it('holds what is needed and no sources or tests', async () => {
    const files = await readdir(join(project, 'node_modules/fingerpost'));
    expect(files.filter((name) => name !== 'node_modules').sort()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'deploy', 'dist', 'package.json'].sort(),
    );
  });

  it('is a library: start, ask, stop', async () => {
    const { stdout, stderr } = await run(process.execPath, ['program.ts'], { cwd: project });
    const [srv = '', mistake = ''] = stdout.split('\n');
    expect(JSON.parse(srv)).toEqual([
      expect.objectContaining({ name: '1.web.skydns.local', port: 80, priority: 10, weight: 100 }),
    ]);
    expect(mistake).toMatch(/^config option ttl: read "long", allowed: /);
    expect(stderr.split('\n').filter((line) => !/ExperimentalWarning|--trace-warnings/.test(line))).toEqual([
      '',
    ]);
  });

  it('has types that the compiler accepts', async () => {
    const tsc = join(ROOT, 'node_modules/.bin/tsc');
    const { stdout } = await run(tsc, ['--noEmit'], { cwd: project }).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toBe('');
  });

  it('has a program', async () => {
    const main = join(project, 'node_modules/fingerpost/dist/cli/main.js');
    const { stdout } = await run(main, ['--version'], { cwd: project });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
