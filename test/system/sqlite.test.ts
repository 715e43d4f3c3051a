// The embedded registry: one file, several processes, and servers that are killed.
import { beforeAll, describe, expect, it } from 'vitest';
import { short, status } from '../support/dig.ts';
import { Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';
import { loadServices } from '../support/services.ts';

const scene = new Scene();
const soon = { timeout: 30_000, interval: 20 };

describe('a file that a server has open', () => {
  let cwd: string;
  let server: TestServer;

  beforeAll(async () => {
    cwd = await scene.folder();
    server = await scene.server([], { cwd });
  });

  it('is written by another process, and what it writes is served', async () => {
    expect(await status(server.address, 'a.skydns.local')).toBe('NXDOMAIN');
    const put = await scene.call(['put', 'a.skydns.local', '{"host":"10.0.0.1"}'], { cwd });
    expect(put).toMatchObject({ code: 0, stderr: '' });
    await expect.poll(() => short(server.address, 'a.skydns.local'), soon).toEqual(['10.0.0.1']);
    await scene.call(['put', 'a.skydns.local', '{"host":"10.0.0.2"}'], { cwd });
    await expect.poll(() => short(server.address, 'a.skydns.local'), soon).toEqual(['10.0.0.2']);
    await scene.call(['rm', 'a.skydns.local'], { cwd });
    await expect.poll(() => status(server.address, 'a.skydns.local'), soon).toBe('NXDOMAIN');
  });

  it('loses what was put under a lease that ended', async () => {
    const put = await scene.call(['put', '--lease', '3', 'brief.skydns.local', '{"host":"10.0.0.3"}'], {
      cwd,
    });
    expect(put).toMatchObject({ code: 0, stderr: '' });
    await expect.poll(() => short(server.address, 'brief.skydns.local'), soon).toEqual(['10.0.0.3']);
    await expect.poll(() => status(server.address, 'brief.skydns.local'), soon).toBe('NXDOMAIN');
  });

  it('is served by two servers alike', async () => {
    const second = await scene.server([], { cwd });
    await scene.call(['put', 'both.skydns.local', '{"host":"10.0.0.4"}'], { cwd });
    for (const { address } of [server, second])
      await expect.poll(() => short(address, 'both.skydns.local'), soon).toEqual(['10.0.0.4']);
  });
});

describe('a server that is killed', () => {
  it('finds everything again that was acknowledged', async () => {
    const cwd = await scene.folder();
    const first = await scene.server([], { cwd });
    await loadServices(scene, cwd, { 'a.skydns.local': { host: '10.0.0.1' } });
    await scene.call(['put', 'b.skydns.local', '{"host":"10.0.0.2"}'], { cwd });
    await expect.poll(() => short(first.address, 'b.skydns.local'), soon).toEqual(['10.0.0.2']);
    expect(await first.stop('SIGKILL')).toMatchObject({ code: 'SIGKILL' });
    await scene.call(['put', 'c.skydns.local', '{"host":"10.0.0.3"}'], { cwd });
    const second = await scene.server([], { cwd });
    const all = await Promise.all(
      ['a', 'b', 'c'].map((label) => short(second.address, `${label}.skydns.local`)),
    );
    expect(all).toEqual([['10.0.0.1'], ['10.0.0.2'], ['10.0.0.3']]);
  });
});

describe('examples', () => {
  const examples = `${import.meta.dirname}/../../deploy/examples/services.yaml`;

  it('are loaded into an empty registry, once', async () => {
    const cwd = await scene.folder();
    const first = await scene.server(['--examples', examples], { cwd });
    expect(await status(first.address, 'hello.skydns.local', 'TXT')).toBe('NOERROR');
    await scene.call(['rm', 'hello.skydns.local'], { cwd });
    await first.stop();
    const second = await scene.server(['--examples', examples], { cwd });
    expect(await status(second.address, 'hello.skydns.local', 'TXT')).toBe('NXDOMAIN');
  });

  it('are not loaded beside services of your own', async () => {
    const cwd = await scene.folder();
    await scene.call(['put', 'own.skydns.local', '{"host":"10.0.0.1"}'], { cwd });
    const server = await scene.server(['--examples', examples], { cwd });
    expect(await status(server.address, 'hello.skydns.local', 'TXT')).toBe('NXDOMAIN');
    expect(await short(server.address, 'own.skydns.local')).toEqual(['10.0.0.1']);
  });
});
