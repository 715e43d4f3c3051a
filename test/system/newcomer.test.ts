// The first minutes: a fresh copy with nothing installed, `npm start`, the questions it prints, a service of one's own.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ROOT, type Running } from '../support/program.ts';
import { Scene } from '../support/scene.ts';

const run = promisify(execFile);
const scene = new Scene();

/** What a clone would hold, were everything committed. */
async function freshCopy(): Promise<string> {
  const copy = await scene.folder();
  const args = ['ls-files', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trimEnd().split('\n');
  for (const file of files.filter((one) => existsSync(join(ROOT, one)))) {
    await mkdir(join(copy, dirname(file)), { recursive: true });
    await copyFile(join(ROOT, file), join(copy, file));
  }
  return copy;
}

/** A shell of its own: without our node_modules, without what npm told us, but with npm's cache. */
const ENVIRONMENT = {
  PATH: (process.env.PATH ?? '')
    .split(delimiter)
    .filter((part) => !part.includes('node_modules'))
    .join(delimiter),
  npm_config_prefer_offline: 'true',
  npm_config_cache: execFileSync('npm', ['config', 'get', 'cache'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim(),
  FINGERPOST_LISTEN: '127.0.0.1:0',
  FINGERPOST_HTTP: '127.0.0.1:0',
};

/** The lines that follow `Try`, once the server has printed them. */
async function digLines(program: Running): Promise<string[]> {
  await program.line(/^ {2}dig .* TXT$/);
  return program.out.all.filter((line) => line.startsWith('  dig ')).map((line) => line.trim());
}

async function shell(command: string, cwd: string) {
  const env = { ...ENVIRONMENT, HOME: cwd };
  return run('/bin/sh', ['-c', command], { cwd, env });
}

describe('npm start in a fresh copy', () => {
  it('installs, builds, serves the examples, and prints questions that work', {
    timeout: 600_000,
  }, async () => {
    const copy = await freshCopy();
    const first = scene.run('npm', ['start'], { cwd: copy, env: ENVIRONMENT });
    const lines = await digLines(first);
    expect(lines).toHaveLength(3);
    for (const line of lines) expect((await shell(`${line} +short`, copy)).stdout, line).not.toBe('');
    expect((await shell(`${lines[0]} +noall +answer`, copy)).stdout).toMatch(/\sA\t10\.0\.1\.125\n/);
    expect(first.err.text).not.toMatch(/warn/i);

    const put = `npm run -s fingerpost -- put mine.skydns.local '{"host":"10.7.7.7"}'`;
    expect(await shell(put, copy)).toEqual({
      stdout: expect.stringMatching(/^put mine\.skydns\.local \(revision \d+\)\n$/),
      stderr: '',
    });
    const server = lines[0]!.split(' ').slice(0, 4).join(' ');
    await expect
      .poll(async () => (await shell(`${server} +short mine.skydns.local`, copy)).stdout, { timeout: 30_000 })
      .toBe('10.7.7.7\n');

    expect((await first.stop('SIGTERM')).code).not.toBe('SIGKILL');
    const second = scene.run('npm', ['start'], { cwd: copy, env: ENVIRONMENT });
    await digLines(second);
    expect(second.err.text).not.toMatch(/installing|building|examples loaded/);
    await second.stop('SIGINT');
  });
});
