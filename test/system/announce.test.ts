// fingerpost announce as a program, beside a real etcd and a real server.
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { records, short, status } from '../support/dig.ts';
import type { TestEtcd } from '../support/etcd.ts';
import { freePort } from '../support/ports.ts';
import type { Running } from '../support/program.ts';
import { Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';
import { keyOf } from '../support/services.ts';
import { WallClock } from '../support/wall-clock.ts';

const scene = new Scene();
const soon = { timeout: 60_000, interval: 100 };
const kvs = z.object({
  kvs: z
    .array(z.object({ key: z.string(), value: z.string(), version: z.number(), lease: z.number() }))
    .default([]),
});

let etcd: TestEtcd;
let server: TestServer;
let count = 0;
const listeners: Server[] = [];

beforeAll(async () => {
  etcd = await scene.etcd();
  server = await scene.server([...registryOf(etcd), '--zone', 'skydns.local', '--zone', '127.0.0.0/8']);
}, 120_000);
afterAll(() => {
  for (const listener of listeners) listener.close();
});

function registryOf({ endpoint }: TestEtcd): string[] {
  return ['--registry', `etcd://${endpoint}`];
}

/** A name of its own for every test. */
const newName = () => `n${++count}.skydns.local`;

/** Announces label `a` of a name at 127.0.0.1 under a lease of so many seconds. */
function announce(name: string, lease: number, flags: readonly string[] = [], env = {}): Promise<Running> {
  const place = ['--host', '127.0.0.1', '--port', '8080', '--label', 'a', '--lease', `${lease}`];
  return scene.program(['announce', name, ...registryOf(etcd), ...place, ...flags], { env });
}

async function kept(name: string, at = etcd) {
  const found = kvs.parse(JSON.parse(await at.ctl('get', '--prefix', keyOf(name), '-w', 'json')));
  return found.kvs.map(({ key, ...rest }) => ({ key: Buffer.from(key, 'base64').toString(), ...rest }));
}

const addresses = (name: string) => () => short(server.address, name);

describe.concurrent('a service that announces itself', () => {
  it('is answered, at its RFC 2782 and reverse names as well, and gone after SIGTERM', async ({ expect }) => {
    const name = newName();
    const more = ['--weight', '7', '--priority', '3', '--text', 'hello', '--ttl', '9', '--mail', '--reverse'];
    const program = await announce(name, 20, ['--srv', '_http._tcp', ...more]);
    await program.logged(/^announced: a\.n\d+\.skydns\.local at 127\.0\.0\.1:8080$/);
    await expect.poll(addresses(name), soon).toEqual(['127.0.0.1']);
    expect(await records('answer', server.address, name, 'SRV')).toEqual([
      `${name}. 9 IN SRV 3 100 8080 a.${name}.`,
    ]);
    expect(await short(server.address, `_http._tcp.${name}`, 'SRV')).toEqual([`3 100 8080 a.${name}.`]);
    expect(await short(server.address, name, 'TXT')).toEqual(['"hello"']);
    expect(await short(server.address, name, 'MX')).toEqual([`3 a.${name}.`]);
    expect(await short(server.address, '-x', '127.0.0.1')).toEqual([`a.${name}.`]);
    expect(await program.stop()).toMatchObject({ code: 0, stdout: '' });
    expect(await kept(name)).toEqual([]);
    await expect.poll(() => status(server.address, name), soon).toBe('NXDOMAIN');
    await expect.poll(() => status(server.address, '-x', '127.0.0.1'), soon).toBe('NXDOMAIN');
  });

  it('drains when it was taken out, unless a second signal comes', async ({ expect }) => {
    const name = newName();
    const program = await announce(name, 20, ['--drain', '600']);
    await program.logged(/^announced: /);
    program.signal('SIGTERM');
    await program.logged(/^taken out$/);
    expect(await kept(name)).toEqual([]);
    expect(program.ended).toBe(false);
    expect(await program.stop('SIGINT')).toMatchObject({ code: 130 });
  });

  it('with --wait says when servers answer with it, and ends when none does any more', async ({ expect }) => {
    const name = newName();
    const program = await announce(name, 20, ['--wait', '--wait-timeout', '60']);
    await program.line(/^fingerpost announced: a\.n\d+\.skydns\.local at 127\.0\.0\.1:8080$/);
    expect(await short(server.address, name)).toEqual(['127.0.0.1']);
    const { code } = await program.stop();
    expect(await status(server.address, name)).toBe('NXDOMAIN');
    expect(code).toBe(0);
    expect(
      program.log.filter(({ msg }) => /^all live servers answer with revision \d+: 1$/.test(msg)),
    ).toHaveLength(2);
  });

  it('with --wait that waits in vain warns, and stays announced', async ({ expect }) => {
    const name = 'web.skydns.local';
    const alone = await scene.etcd(); // no server follows it
    const flags = ['--host', '::1', '--port', '1', '--label', 'a', '--wait-timeout', '1'];
    const program = await scene.program(['announce', name, ...registryOf(alone), ...flags]);
    const warning = await program.logged(
      /^no live server has said within 1 s which revision it has applied$/,
    );
    expect(warning.level).toBe('warn');
    expect(await kept(name, alone)).toHaveLength(1);
    expect(await program.stop()).toMatchObject({ code: 0, stdout: '' });
  });

  it('to another server over HTTP is answered by that, and gone with its lease', async ({ expect }) => {
    const alone = await scene.server();
    const { host, port } = alone.http;
    const flags = ['--host', 'auto', '--port', '1', '--label', 'a', '--lease', '10'];
    const registry = ['--registry', `http://${host}:${port}`];
    const program = await scene.program(['announce', 'web.skydns.local', ...registry, ...flags]);
    await program.logged(/^announced: /);
    await expect.poll(() => short(alone.address, 'web.skydns.local'), soon).toEqual(['127.0.0.1']);
    const second = await scene.call(['announce', 'web.skydns.local', ...registry, ...flags]);
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('is held by process') });
    await program.stop('SIGKILL');
    await expect.poll(() => status(alone.address, 'web.skydns.local'), soon).toBe('NXDOMAIN');
  });

  it('that is killed is gone with its lease; started again before that, it takes its place at once', async ({
    expect,
  }) => {
    const [gone, again] = [newName(), newName()];
    const programs = [await announce(gone, 3), await announce(again, 600)];
    for (const program of programs) await program.logged(/^announced: /);
    for (const program of programs) await program.stop('SIGKILL');
    const second = await announce(again, 600);
    await second.logged(/^announced: /);
    expect(second.log.map(({ level }) => level)).not.toContain('warn');
    expect(await kept(again)).toHaveLength(1);
    await expect.poll(() => status(server.address, gone), soon).toBe('NXDOMAIN');
    expect(await kept(gone)).toEqual([]);
  });

  it('that is stopped for longer than its lease is gone, and registers again, once', async ({ expect }) => {
    const name = newName();
    const program = await announce(name, 8);
    await program.logged(/^announced: /);
    program.signal('SIGSTOP');
    await expect.poll(() => status(server.address, name), soon).toBe('NXDOMAIN');
    program.signal('SIGCONT');
    await program.logged(/^announced again: /);
    await expect.poll(addresses(name), soon).toEqual(['127.0.0.1']);
    expect(await kept(name)).toHaveLength(1);
    await program.stop();
    expect(await kept(name)).toEqual([]);
  });

  it('keeps its record, the same one, while the wall clock jumps', async () => {
    const name = newName();
    const clock = new WallClock(await scene.folder());
    const program = await announce(name, 10, [], clock.env);
    await program.logged(/^announced: /);
    const [before] = await kept(name);
    for (const offset of ['+2d', '-2d', '+0']) {
      clock.set(offset);
      const end = performance.now() + 4_000;
      for (; performance.now() < end; await delay(200)) expect(await kept(name)).toEqual([before]);
    }
    await program.stop();
    expect(await kept(name)).toEqual([]);
  });
});

describe.concurrent('a check', () => {
  /** A command whose outcome is `mode`: good, bad, each in turn, or bad for two reasons in turn. It counts its runs. */
  class Switch {
    readonly #folder: string;
    readonly command: string;

    constructor(folder: string) {
      this.#folder = mkdtempSync(join(folder, 'switch-'));
      scene.onEnd(async () => rmSync(this.#folder, { recursive: true, force: true }));
      writeFileSync(join(this.#folder, 'runs'), '');
      const script = `echo >> runs; turn=$(( $(wc -l < runs) % 2 )); case $(cat mode) in
        flap) [ $turn = 0 ];; turns) echo reason $turn >&2; false;; *) [ $(cat mode) = good ];; esac`;
      this.command = `cmd:cd ${this.#folder}; ${script}`;
    }

    set(mode: 'good' | 'bad' | 'flap' | 'turns'): void {
      const file = join(this.#folder, 'mode');
      writeFileSync(`${file}.new`, mode);
      renameSync(`${file}.new`, file); // it is read at any moment
    }

    get runs(): number {
      return readFileSync(join(this.#folder, 'runs'), 'utf8').length;
    }

    /** Waits for so many more runs. */
    async more(runs: number): Promise<void> {
      const from = this.runs;
      await vi.waitFor(() => expect(this.runs - from).toBeGreaterThanOrEqual(runs), soon);
    }
  }

  it('that flaps changes nothing; one that fails takes it out, one that recovers brings it back', async ({
    expect,
  }) => {
    const name = newName();
    const check = new Switch(await scene.folder());
    check.set('flap');
    const pace = ['--check-interval', '0.1', '--check-timeout', '20', '--rise', '2', '--fall', '3'];
    const program = await announce(name, 600, ['--check', check.command, ...pace]);
    await check.more(10);
    expect(await kept(name)).toEqual([]);
    check.set('good');
    await program.logged(/^announced: /);
    check.set('flap');
    await check.more(20);
    expect(await kept(name)).toMatchObject([{ version: 1 }]);
    check.set('bad');
    await program.logged(/^taken out: the check fails: exit status 1$/);
    await expect.poll(() => status(server.address, name), soon).toBe('NXDOMAIN');
    check.set('flap');
    await check.more(20);
    expect(await kept(name)).toEqual([]);
    const lines = program.err.all.length;
    check.set('good');
    await program.logged(/^announced: /, lines);
    await expect.poll(addresses(name), soon).toEqual(['127.0.0.1']);
    await program.stop();
  });

  it('that fails for two reasons in turn tells each once', async ({ expect }) => {
    const check = new Switch(await scene.folder());
    check.set('turns');
    const pace = ['--check-interval', '0.1', '--check-timeout', '20'];
    const program = await announce(newName(), 600, ['--check', check.command, ...pace]);
    await check.more(8);
    const told = program.log.flatMap(({ level, why }) => (level === 'warn' ? [String(why)] : []));
    expect(told.sort()).toEqual(['exit status 1: reason 0', 'exit status 1: reason 1']);
    await program.stop();
  });

  it('of a port that nothing listens on never registers it, and says why, until something does', async () => {
    const name = newName();
    const port = await freePort();
    const place = ['--host', '127.0.0.1', '--port', `${port}`, '--check', 'tcp', '--check-interval', '0.2'];
    const program = await scene.program(['announce', name, ...registryOf(etcd), ...place]);
    const told = await program.logged(/^not announced: the check fails: /);
    expect(told).toMatchObject({ level: 'warn', why: `connect ECONNREFUSED 127.0.0.1:${port}` });
    expect(await kept(name)).toEqual([]);
    const listener = createServer((socket) => socket.resume());
    listeners.push(listener.listen(port, '127.0.0.1'));
    await program.logged(/^announced: /);
    await expect
      .poll(() => short(server.address, name, 'SRV'), soon)
      .toEqual([expect.stringMatching(new RegExp(`^10 100 ${port} [a-z0-9_-]+-${port}\\.${name}\\.$`))]);
    expect(program.log.filter(({ level }) => level === 'warn')).toEqual([told]);
    await program.stop();
  });
});

describe.concurrent('a label that another announcer has', () => {
  it('is refused; with --replace it is taken, and the first one ends', async () => {
    const name = newName();
    const first = await announce(name, 5);
    await first.logged(/^announced: /);
    const second = await (await announce(name, 5)).end();
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`is refused, it is held by process ${first.pid} of this machine`);
    const third = await announce(name, 5, ['--replace']);
    await third.logged(/^announced: /);
    expect(await first.end()).toMatchObject({ code: 1, stderr: expect.stringContaining('was taken') });
    expect(await kept(name)).toHaveLength(1);
    await third.stop();
  });
});

describe.concurrent('what is announced', () => {
  it('outside the zones is warned about, and registered', async () => {
    const name = 'web.example.org';
    const program = await announce(name, 20, ['--zone', 'skydns.local']);
    const warning = await program.logged(/is outside the zones/);
    expect(warning).toMatchObject({ level: 'warn', name: 'a.web.example.org.' });
    await program.logged(/^announced: /);
    expect(await kept(name)).toHaveLength(1);
    await program.stop();
  });

  it('with --host auto is at the address on the way to the registry', async ({ expect }) => {
    const name = newName();
    const flags = ['--host', 'auto', '--port', '1', '--label', 'a', '--lease', '20'];
    const program = await scene.program(['announce', name, ...registryOf(etcd), ...flags]);
    await program.logged(/^--host auto: 127\.0\.0\.1 is the address on the way to the registry$/);
    await program.logged(/^announced: /);
    await expect.poll(addresses(name), soon).toEqual(['127.0.0.1']);
    await program.stop('SIGINT');
    expect(await kept(name)).toEqual([]);
  });

  it('in an embedded registry is answered by the server that shares its file', async ({ expect }) => {
    const cwd = await scene.folder();
    const alone = await scene.server([], { cwd });
    const flags = ['--host', '10.0.0.1', '--port', '1', '--label', 'a', '--lease', '3'];
    const program = await scene.program(['announce', 'web.skydns.local', ...flags], { cwd });
    await program.logged(/^announced: /);
    await expect.poll(() => short(alone.address, 'web.skydns.local'), soon).toEqual(['10.0.0.1']);
    await program.stop('SIGKILL');
    await expect.poll(() => status(alone.address, 'web.skydns.local'), soon).toBe('NXDOMAIN');
  });
});
