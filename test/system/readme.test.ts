// The commands and programs of the README, run in order in a copy of the checkout, with the results that it shows.
import { execFile } from 'node:child_process';
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Block, blocksOf } from '../support/markdown.ts';
import { freePort } from '../support/ports.ts';
import { ROOT } from '../support/program.ts';
import { Scene } from '../support/scene.ts';

const run = promisify(execFile);
const scene = new Scene();
const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
const blocks = blocksOf(readme);

/** The shown result of a block: the block behind it, if that is text. */
function shownAfter(block: Block): Block | undefined {
  const next = blocks[blocks.indexOf(block) + 1];
  return next?.language === 'text' ? next : undefined;
}

function sorted(text: string): string {
  return text.split('\n').filter(Boolean).sort().join('\n');
}

/** Where the README's fixed ports really are. */
let ports: Readonly<Record<string, number>>;
let copy: string;
let environment: Record<string, string>;

function moved(text: string): string {
  return text.replaceAll(/\b(5300|5380|2379)\b/g, (port) => String(ports[port]));
}

beforeAll(async () => {
  copy = await scene.folder();
  for (const name of ['package.json', 'package-lock.json', 'tsconfig.json', 'src', 'deploy', 'dist'])
    await cp(join(ROOT, name), join(copy, name), { recursive: true, preserveTimestamps: true });
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const etcd = await scene.etcd();
  ports = { 5300: await freePort(), 5380: await freePort(), 2379: etcd.port };
  environment = {
    PATH: process.env.PATH ?? '',
    HOME: copy,
    ETCDCTL_ENDPOINTS: etcd.endpoint,
    FINGERPOST_LISTEN: `127.0.0.1:${ports[5300]}`,
    FINGERPOST_HTTP: `127.0.0.1:${ports[5380]}`,
  };
});

async function started(command: string) {
  const server = scene.run('/bin/sh', ['-c', `exec ${moved(command)}`], { cwd: copy, env: environment });
  await server.line(/^fingerpost ready: /);
  return server;
}

async function output(block: Block): Promise<string> {
  if (block.language === 'sh') {
    const { stdout } = await run('/bin/sh', ['-euc', moved(block.text)], { cwd: copy, env: environment });
    return stdout;
  }
  await writeFile(join(copy, 'example.ts'), block.text);
  const { stdout } = await run(process.execPath, ['example.ts'], { cwd: copy, env: environment });
  return stdout;
}

/** How often a block is run that shows a result. */
const TRIES = 20;

/** Runs a block; where it shows a result, again until that is the result: a change is answered a moment later. */
async function check(block: Block): Promise<void> {
  const shown = shownAfter(block);
  const asShown = shown?.mark === 'sorted' ? sorted : (text: string) => text;
  let result = '';
  for (let tries = 1; tries <= TRIES; tries++) {
    result = await output(block);
    if (shown === undefined || asShown(result) === asShown(shown.text)) return;
    await delay(100 * tries);
  }
  throw new Error(`README.md:${block.line} prints something else than it shows:\n${result}`);
}

describe('the README', () => {
  it('shows commands that work as shown', { timeout: 300_000 }, async () => {
    let server = await started('npm run -s fingerpost -- serve --examples deploy/examples/services.yaml');
    const meant = blocks.filter(({ mark }) => mark === 'run' || mark === 'serve');
    expect(meant.length).toBeGreaterThan(5);
    for (const block of meant) {
      if (block.mark === 'serve') {
        await server.stop();
        server = await started(block.text);
      } else {
        await check(block);
      }
    }
    await server.stop();
  });
});
