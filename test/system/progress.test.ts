// A person who starts a server with a big registry sees how far it has come: a bar on the terminal, gone when it is done.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestEtcd } from '../support/etcd.ts';
import { onTerminal } from '../support/on-terminal.ts';
import { freePort } from '../support/ports.ts';
import { Scene } from '../support/scene.ts';
import { fillEtcd } from '../support/services.ts';

const COUNT = 15_000;
/** Takes away what stands on the terminal's last line. */
const CLEAR = '\r\u001b[K';
/** A bar at the beginning of what follows. */
const BAR = /^reading [^\r\n]*/;

const scene = new Scene();
let etcd: TestEtcd;
let registry: string[];
let folder: string;

/** What a server on a terminal has drawn until it was ready, and the lines that stand above. */
async function watched(): Promise<{ bars: string[]; lines: string }> {
  const listen = ['--listen', `127.0.0.1:${await freePort()}`, '--http', 'off', '--workers', '1'];
  const program = onTerminal(scene, ['serve', ...registry, ...listen], folder);
  await program.line(/^fingerpost ready: /);
  // It is written a second after the list.
  await expect.poll(() => existsSync(join(folder, 'state/snapshot')), { timeout: 60_000 }).toBe(true);
  expect((await program.stop()).code).toBe(0);
  const [before = '', ...drawn] = program.out.text.split(CLEAR);
  return {
    bars: drawn.map((text) => BAR.exec(text)?.[0] ?? ''),
    lines: [before, ...drawn.map((text) => text.replace(BAR, ''))].join(''),
  };
}

beforeAll(async () => {
  folder = await scene.folder();
  etcd = await scene.etcd();
  const names = Array.from({ length: COUNT }, (_, i) => `service-${i}.skydns.local`);
  await fillEtcd(etcd, Object.fromEntries(names.map((name) => [name, { host: '10.0.0.1', port: 80 }])));
  registry = ['--registry', `etcd://${etcd.endpoint}`, '--state-dir', 'state'];
});

describe('on a terminal', () => {
  it('the first load of a registry is a bar, below lines of the log that stay whole', async () => {
    const { bars, lines } = await watched();
    expect(bars[0]).toMatch(/^reading the registry \[#*\.+\] \d+ %, [\d,]+ services\/s, \d+ s left$/);
    // In the end nothing is left of it.
    expect(bars.at(-1)).toBe('');
    expect(lines).toMatch(/registry listed .*"services":15000/);
  });

  it('so is reading a snapshot', async () => {
    await etcd.stop();
    const { bars, lines } = await watched();
    expect(bars[0]).toMatch(/^reading the snapshot \[#*\.+\] \d+ %, [\d.]+ MB\/s, \d+ s left$/);
    expect(bars.at(-1)).toBe('');
    expect(lines).toMatch(/snapshot read .*"services":15000/);
  });
});

it('elsewhere there is no bar', async () => {
  await etcd.start();
  const server = await scene.server(registry, { cwd: folder });
  await server.stop();
  expect(`${server.program.out.text}${server.program.err.text}`).not.toContain('\u001b[K');
});
