// The npm package as users install it: packed, installed globally under a prefix of its own, served from there, looked into.
import { execFile, execFileSync } from 'node:child_process';
import { readdir, realpath, stat, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { short } from '../support/dig.ts';
import { ROOT } from '../support/program.ts';
import { Scene } from '../support/scene.ts';
import { TestServer } from '../support/server.ts';

const run = promisify(execFile);
const scene = new Scene();
/** What README says that the package and the installation are smaller than. */
const MOST_PACKED = 0.8e6;
const MOST_INSTALLED = 60e6;

let prefix: string;
let tarball: string;
let env: Record<string, string>;

/** A shell of its own, with this Node before any other; npm's cache stays, so that little has to be fetched. */
function environmentOf(home: string): Record<string, string> {
  const others = (process.env.PATH ?? '').split(delimiter).filter((part) => !part.includes('node_modules'));
  const cache = execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).trim();
  return {
    PATH: [join(prefix, 'bin'), dirname(process.execPath), ...others].join(delimiter),
    HOME: home,
    npm_config_cache: cache,
    npm_config_prefer_offline: 'true',
  };
}

beforeAll(async () => {
  prefix = await scene.folder();
  env = environmentOf(prefix);
  // Packed without running scripts: they would build while other tests use what is built.
  const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', prefix];
  tarball = join(prefix, (await run('npm', pack, { cwd: ROOT, env })).stdout.trim());
  const install = ['install', '--global', '--prefix', prefix, '--no-audit', '--no-fund'];
  await run('npm', [...install, '--fetch-retries', '5', tarball], { cwd: prefix, env });
}, 300_000);

async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async (file) => (await stat(join(file.parentPath, file.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

describe('the package, installed globally', () => {
  it('has the sizes that README gives', async () => {
    expect((await stat(tarball)).size).toBeLessThan(MOST_PACKED);
    expect(await bytesIn(join(prefix, 'lib/node_modules'))).toBeLessThan(MOST_INSTALLED);
  });

  it('serves, by worker threads where the system has them', async () => {
    const args = ['serve', '--listen', '127.0.0.1:0', '--http', '127.0.0.1:0', '--workers', '1'];
    const program = scene.run('fingerpost', args, { cwd: prefix, env });
    const server = await TestServer.listening(program);
    await server.ready();
    const put = ['put', 'web.skydns.local', '{"host":"10.0.0.1","port":80}'];
    await run('fingerpost', put, { cwd: prefix, env });
    const answer = () => short(server.address, 'web.skydns.local', 'SRV');
    await expect.poll(answer, { timeout: 30_000 }).toEqual(['10 100 80 web.skydns.local.']);
    // It warns where batched system calls cannot be used.
    expect(server.log.filter(({ level }) => level === 'warn')).toEqual([]);
    expect((await server.stop()).code).toBe(0);
  });

  it('brings deploy/ but for what only a clone needs', async () => {
    const installed = join(await realpath(prefix), 'lib/node_modules/fingerpost/deploy');
    expect((await readdir(installed)).sort()).toEqual([
      'docker',
      'examples',
      'kubernetes',
      'monitoring',
      'systemd',
    ]);
  });

  it('exports the library, and none of its parts', async () => {
    const project = await scene.folder();
    await symlink(join(prefix, 'lib/node_modules'), join(project, 'node_modules'));
    const script = join(project, 'parts.mjs');
    await writeFile(
      script,
      `import { createServer } from 'fingerpost';
       const part = await import('fingerpost/dist/app/server.js').catch((error) => error.code);
       const { default: about } = await import('fingerpost/package.json', { with: { type: 'json' } });
       console.log(typeof createServer, part, about.name);`,
    );
    const { stdout } = await run(process.execPath, [script], { cwd: project, env });
    expect(stdout).toBe('function ERR_PACKAGE_PATH_NOT_EXPORTED fingerpost\n');
  });
});
