// fingerpost announce as the parent of a command: what it is sent, when, and what comes of its end.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestEtcd } from '../support/etcd.ts';
import type { Ended, Running } from '../support/program.ts';
import { Scene } from '../support/scene.ts';
import { keyOf } from '../support/services.ts';

const scene = new Scene();
const soon = { timeout: 60_000, interval: 50 };
let etcd: TestEtcd;
let count = 0;

beforeAll(async () => {
  etcd = await scene.etcd();
}, 120_000);

interface Parent {
  readonly program: Running;
  readonly name: string;
  readonly cwd: string;
}

/** A parent of a shell script, which may depend on the name. */
async function parent(
  given: string | ((name: string) => string),
  flags: readonly string[] = [],
): Promise<Parent> {
  const name = `n${++count}.skydns.local`;
  const script = typeof given === 'string' ? given : given(name);
  const cwd = await scene.folder();
  const place = ['--host', '127.0.0.1', '--port', '1', '--label', 'a', '--lease', '600'];
  const registry = ['--registry', `etcd://${etcd.endpoint}`];
  const words = ['announce', name, ...registry, ...place, ...flags, '--', 'sh', '-c', script];
  return { program: await scene.program(words, { cwd }), name, cwd };
}

const kept = async (name: string) => (await etcd.ctl('get', '--prefix', '--keys-only', keyOf(name))).trim();
const announced = ({ program }: Parent) => program.logged(/^announced: /);

describe.concurrent('a command', () => {
  it('that ends takes its service out, and its exit status is that of the announcer', async () => {
    const one = await parent(
      'read line < /dev/null; until [ -e go ]; do sleep 0.05; done; echo out; echo err >&2; exit 7',
    );
    await announced(one);
    expect(await kept(one.name)).toBe(`${keyOf(one.name)}/a`);
    await scene.run('touch', ['go'], { cwd: one.cwd }).end();
    const end: Ended = await one.program.end();
    expect(end).toMatchObject({ code: 7, stdout: 'out\n' });
    expect(end.stderr).toMatch(/^err$/m);
    expect(await kept(one.name)).toBe('');
  });

  it('that a signal ends is told as shells do; what cannot be started as well', async () => {
    const killed = await parent('kill -9 $$');
    expect((await killed.program.end()).code).toBe(137);
    const flags = ['--registry', `etcd://${etcd.endpoint}`, '--host', '::1', '--port', '1'];
    const none = await scene.call(['announce', 'x.skydns.local', ...flags, '--', 'no-such-command']);
    expect(none.code).toBe(127);
    expect(await kept('x.skydns.local')).toBe('');
  });

  it('gets the signal when its service is out of the registry, and what it makes of it is passed on', async () => {
    const endpoint = `--endpoints ${etcd.endpoint} --dial-timeout=20s --command-timeout=30s`;
    // What it finds in etcd when it is asked to end; it ends in its own way.
    const look = `ETCDCTL_API=3 etcdctl ${endpoint} get --prefix --keys-only`;
    const script = (name: string) =>
      `trap '${look} ${keyOf(name)} > found; exit 3' TERM INT; while :; do sleep 0.05; done`;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const one = await parent(script);
      await announced(one);
      expect((await one.program.stop(signal)).code).toBe(3);
      expect(readFileSync(join(one.cwd, 'found'), 'utf8').trim()).toBe('');
    }
  });

  it('that does not heed the signal gets the next ones at once; SIGHUP and the like it always gets', async () => {
    const script = `trap 'echo hup' HUP; trap 'echo usr1' USR1; trap 'echo term' TERM; trap 'echo int; exit 9' INT
      echo started; while :; do sleep 0.05; done`;
    const one = await parent(script, ['--drain', '600']);
    const { program } = one;
    await program.line(/^started$/);
    await announced(one);
    for (const [signal, line] of [
      ['SIGHUP', /^hup$/],
      ['SIGUSR1', /^usr1$/],
    ] as const) {
      program.signal(signal);
      await program.line(line);
    }
    program.signal('SIGTERM');
    await program.logged(/^taken out$/);
    expect(program.out.text).not.toContain('term'); // it drains
    program.signal('SIGTERM');
    await program.line(/^term$/);
    program.signal('SIGINT');
    expect(await program.end()).toMatchObject({ code: 9 });
  });

  it('drains: it serves for a while after its service was taken out', async () => {
    const one = await parent('trap "exit 0" TERM; while :; do sleep 0.05; done', ['--drain', '1.5']);
    await announced(one);
    one.program.signal('SIGTERM');
    await one.program.logged(/^taken out$/);
    const began = performance.now();
    expect((await one.program.end()).code).toBe(0);
    expect(performance.now() - began).toBeGreaterThan(1_000);
  });

  it('ends with an announcer that is killed', async ({ expect }) => {
    const one = await parent('echo $$ > pid; trap "touch asked; exit 0" TERM; while :; do sleep 0.05; done');
    await announced(one);
    await expect.poll(() => existsSync(join(one.cwd, 'pid')), soon).toBe(true);
    process.kill(one.program.pid, 'SIGKILL');
    await expect.poll(() => existsSync(join(one.cwd, 'asked')), soon).toBe(true);
  });

  it('goes on, unannounced, when its label is taken', async () => {
    const one = await parent('trap "exit 4" TERM; while :; do sleep 0.05; done', ['--lease', '5']);
    await announced(one);
    const flags = ['--host', '::1', '--port', '1', '--label', 'a', '--replace'];
    const registry = ['--registry', `etcd://${etcd.endpoint}`];
    const other = await scene.program(['announce', one.name, ...registry, ...flags]);
    await other.logged(/^announced: /);
    await one.program.logged(
      /^the label was taken, it is held by process \d+ of this machine: the command goes on/,
    );
    expect((await one.program.stop()).code).toBe(4);
    expect(await kept(one.name)).toBe(`${keyOf(one.name)}/a`);
    await other.stop();
  });
});
