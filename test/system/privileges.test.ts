// Whom the server works as: root gives everything up once the ports are open, and one capability is enough without root.
import { spawnSync } from 'node:child_process';
import { chown, mkdir, readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  asNobody,
  isRoot,
  lowPort,
  NOBODY,
  readableRoot,
  rightsIn,
  unprivilegedFrom,
} from '../support/as-user.ts';
import { short } from '../support/dig.ts';
import { startProgram } from '../support/program.ts';
import { Scene } from '../support/scene.ts';
import { TestServer } from '../support/server.ts';

const scene = new Scene();
const soon = { timeout: 60_000, interval: 50 };
const MEMORY = ['--registry', 'sqlite::memory:'];
const ID = `${NOBODY.uid}`;
const NOTHING_LEFT = {
  uid: `${ID} ${ID} ${ID} ${ID}`,
  gid: `${NOBODY.gid} ${NOBODY.gid} ${NOBODY.gid} ${NOBODY.gid}`,
  groups: `${NOBODY.gid}`,
  permitted: 0n,
  effective: 0n,
};
/** Where a program of root's may give root up and read its files all the same. */
let top: string;

beforeAll(async () => {
  top = readableRoot(await scene.folder());
}, 300_000);

/** The rights of all threads of a process. */
async function rights(pid: number) {
  const threads = await readdir(`/proc/${pid}/task`);
  const files = threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/status`, 'utf8'));
  return (await Promise.all(files)).map(rightsIn);
}

/** `node dist/cli/main.js ARGS` of the readable tree, behind the words given, kept by the scene. */
async function program(before: readonly string[], args: readonly string[], cwd: string, env = {}) {
  const [command = '', ...words] = [
    ...before,
    process.execPath.replace(/^.*(?=\/node_modules\/node\/)/, top),
  ];
  return scene.run(command, [...words, join(top, 'dist/cli/main.js'), ...args], { cwd, env });
}

/** A folder that belongs to nobody. */
async function nobodysFolder(): Promise<string> {
  const folder = await scene.folder();
  await chown(folder, NOBODY.uid, NOBODY.gid);
  return folder;
}

/** Files that a process has open to write to, sockets and pipes left out. */
async function openForWriting(pid: number): Promise<string[]> {
  const paths: string[] = [];
  for (const fd of await readdir(`/proc/${pid}/fd`)) {
    const path = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
    const info = await readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8').catch(() => '');
    // The last two bits: 0 to read, 1 to write, 2 for both (open(2)).
    const mode = Number.parseInt(/^flags:\s*(\d+)/m.exec(info)?.[1] ?? '0', 8) & 3;
    if (mode !== 0 && path.startsWith('/') && !path.startsWith('/dev/')) paths.push(path);
  }
  return paths;
}

/** What a user owns where every user may write; elsewhere it can make nothing. */
function ownedBy(uid: number): string[] {
  const places = ['/tmp', '/var/tmp', '/dev/shm', '/run/lock'];
  const others = ['-type', 'd', '!', '-perm', '-o=w', '-prune'];
  const { stdout } = spawnSync('find', [...places, '-uid', `${uid}`, '-print', '-o', ...others], {
    encoding: 'utf8',
  });
  return stdout.split('\n').filter((path) => path !== '');
}

function asRoot(): void {
  it("--user: opens its ports, then every thread is that user for good, and the files are the user's", async () => {
    const cwd = await nobodysFolder();
    const empty = join(cwd, 'empty');
    await mkdir(empty);
    await chown(empty, NOBODY.uid, NOBODY.gid);
    const listen = `127.0.0.1:${await lowPort()}`;
    const args = ['--listen', listen, '--http', '127.0.0.1:0', '--user', NOBODY.name, '--workers', '2'];
    const running = await program([], ['serve', ...args], cwd, { HOME: empty, TMPDIR: empty });
    const server = await TestServer.listening(running);
    await server.ready();
    for (const thread of await rights(running.pid)) expect(thread).toEqual(NOTHING_LEFT);
    expect(await short(server.address, '+tcp', 'TXT', 'CH', 'id.server')).toHaveLength(1);
    expect(await short(server.address, 'TXT', 'CH', 'id.server')).toHaveLength(1);
    expect(await server.metric('fingerpost_workers')).toBe(2);
    running.signal('SIGHUP');
    await running.logged(/configuration read again/);
    const files = (await readdir(cwd)).filter((name) => name !== 'empty');
    expect(files).toEqual(expect.arrayContaining(['fingerpost.db']));
    expect(files.filter((name) => !name.startsWith('fingerpost.db'))).toEqual([]);
    for (const name of files) expect(await stat(join(cwd, name))).toMatchObject({ uid: NOBODY.uid });
    expect(await readdir(empty)).toEqual([]);
    expect((await server.stop()).code).toBe(0);
  });

  it('writes no file but those in its state directory', async () => {
    // A user of its own: whatever it makes is known by its owner.
    const uid = 47_000 + (process.pid % 1000);
    const state = await scene.folder();
    await chown(state, uid, uid);
    const etcd = await scene.etcd();
    await etcd.ctl('put', '/skydns/local/skydns/a', '{"host":"10.0.0.1"}');
    const args = ['serve', '--listen', '127.0.0.1:0', '--http', '127.0.0.1:0', '--user', `${uid}:${uid}`];
    const kept = ['--registry', `etcd://${etcd.endpoint}/skydns`, '--state-dir', state, '--workers', '2'];
    const running = await program([], [...args, ...kept], '/');
    const server = await TestServer.listening(running);
    await server.ready();
    for (const words of [[], ['+tcp'], ['+notcp']])
      expect(await short(server.address, ...words, 'a.skydns.local')).toEqual(['10.0.0.1']);
    expect(await server.metric('fingerpost_services')).toBe(1);
    running.signal('SIGHUP');
    await running.logged(/configuration read again/);
    await expect.poll(() => readdir(state), soon).toContain('snapshot');
    for (const path of await openForWriting(running.pid))
      expect(path.startsWith(`${state}/`), path).toBe(true);
    await etcd.kill();
    await running.logged(/cut off from the registry/);
    expect((await running.stop()).code).toBe(0);
    expect((await readdir(state)).filter((name) => !name.startsWith('snapshot'))).toEqual([]);
    expect(ownedBy(uid).filter((path) => !path.startsWith(state))).toEqual([]);
  });

  it('--user NAME:GROUP and numbers that no user has', async () => {
    for (const [user, uid, gid] of [
      ['nobody:daemon', NOBODY.uid, 1],
      ['47114:47115', 47114, 47115],
    ] as const) {
      const args = ['serve', '--listen', '127.0.0.1:0', '--http', 'off', ...MEMORY, '--user', user];
      const running = await program([], args, await scene.folder());
      await running.line(/^fingerpost ready/);
      for (const thread of await rights(running.pid)) {
        expect(thread.uid).toBe(`${uid} ${uid} ${uid} ${uid}`);
        expect(thread.gid).toBe(`${gid} ${gid} ${gid} ${gid}`);
        expect(thread.effective | thread.permitted).toBe(0n);
      }
      expect((await running.stop()).code).toBe(0);
    }
  });

  it('--user with --reuse-port: ports that are opened late are opened with the rights of root', async () => {
    const listen = `127.0.0.1:${await lowPort()}`;
    const args = ['serve', '--listen', listen, '--http', 'off', '--user', 'nobody', '--reuse-port', 'on'];
    const cwd = await nobodysFolder();
    for (let instance = 1; instance <= 2; instance++) {
      const running = await program([], args, cwd);
      await running.line(/^fingerpost ready/);
      for (const thread of await rights(running.pid)) expect(thread).toEqual(NOTHING_LEFT);
    }
  });

  it('a UDP worker that is replaced has no rights either', async () => {
    const script = join(top, 'test/system/processes/replaced-worker.ts');
    const { stdout, stderr } = await scene
      .run(process.execPath, ['--disable-warning=ExperimentalWarning', script, NOBODY.name], { cwd: '/' })
      .end();
    expect(stderr).toBe('');
    const seen = z
      .object({ answer: z.number(), replaced: z.number(), threads: z.array(z.string()).min(5) })
      .parse(JSON.parse(stdout));
    expect(seen).toMatchObject({ answer: 0, replaced: 1 });
    for (const status of seen.threads) expect(rightsIn(status)).toEqual(NOTHING_LEFT);
  });

  it.each([
    ['nobody-here', 'User identifier does not exist'],
    ['nobody:nobody-here', 'Group identifier does not exist'],
    ['root', 'it is root'],
    ['0', 'it is root'],
    ['47114', 'user 47114 is not known here, so its group has to be named'],
    ['nobody:nogroup:more', 'it is neither'],
    [':nogroup', 'it is neither'],
  ])('--user %s is a mistake', async (user, why) => {
    const args = ['serve', '--listen', '127.0.0.1:0', '--http', 'off', ...MEMORY, '--user', user];
    const { code, stderr } = await scene.call(args);
    expect(code).toBe(2);
    expect(stderr).toBe(
      `fingerpost: user: read "${user}" (${stderr.split('(')[1]?.split(')')[0]}), allowed: NAME or NAME:GROUP\n`,
    );
    expect(stderr).toContain(why);
  });

  it('without root CAP_NET_BIND_SERVICE alone is enough, and without it the message says so', async () => {
    const port = await lowPort();
    const args = ['serve', '--listen', `127.0.0.1:${port}`, '--http', 'off', ...MEMORY, '--workers', '2'];
    const cwd = await nobodysFolder();
    const running = await program(asNobody('net_bind_service'), args, cwd);
    await running.line(/^fingerpost ready/);
    for (const thread of await rights(running.pid)) expect(thread.effective).toBe(1n << 10n);
    expect(await short({ host: '127.0.0.1', port }, 'TXT', 'CH', 'id.server')).toHaveLength(1);
    expect((await running.stop()).code).toBe(0);
    const refused = await (await program(asNobody(), args, cwd)).end();
    // Containers are often allowed every port.
    const free = port >= unprivilegedFrom();
    expect(refused.stderr).toContain(free ? '' : 'ports below 1024 need root or the capability CAP_NET_BIND');
    expect(refused.code).toBe(free ? 0 : 1);
  });

  it('without root --user is fine where it is the user that the process is, and a mistake else', async () => {
    const args = (user: string) => [
      'serve',
      '--listen',
      '127.0.0.1:0',
      '--http',
      'off',
      ...MEMORY,
      '--user',
      user,
    ];
    const cwd = await nobodysFolder();
    for (const user of [NOBODY.name, ID, `${NOBODY.name}:${NOBODY.group}`]) {
      const running = await program(asNobody(), args(user), cwd);
      await running.line(/^fingerpost ready/);
      expect((await running.stop()).code).toBe(0);
    }
    const { code, stderr } = await (await program(asNobody(), args('daemon'), cwd)).end();
    expect(stderr).toBe('fingerpost: user: only root can become daemon, this is nobody\n');
    expect(code).toBe(2);
  });
}

function asAnybody(): void {
  it('only root can become another user', async () => {
    const args = ['serve', '--listen', '127.0.0.1:0', '--http', 'off', ...MEMORY, '--user', 'daemon'];
    const { code, stderr } = await startProgram(args, { cwd: await scene.folder() }).end();
    expect(stderr).toContain('user: only root can become daemon');
    expect(code).toBe(2);
  });
}

describe('rights', isRoot ? asRoot : asAnybody);
