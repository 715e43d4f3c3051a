// The test bed: every process and folder that a measurement makes, and the end of all of them.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEtcd, type TestEtcd } from '../../support/etcd.ts';
import { Running } from './running.ts';

export interface StartOptions {
  /** The only core that it may run on; anywhere when left out. */
  readonly core?: number;
  readonly cwd?: string;
}

/** Only what programs need to run: no FINGERPOST_ variables or NODE_OPTIONS of whoever runs the bench. */
const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', HOME: tmpdir(), NO_COLOR: '1' };

export class TestBed {
  readonly #children = new Set<ChildProcess>();
  readonly #folders = new Set<string>();
  readonly #etcds = new Set<TestEtcd>();
  readonly #endings: (() => Promise<unknown>)[] = [];
  #closed = false;

  /** An empty folder of its own under the system's temporary folder. */
  folder(name: string): string {
    const path = mkdtempSync(join(tmpdir(), `fingerpost-bench-${name}-`));
    this.#folders.add(path);
    return path;
  }

  /** Starts a program, pinned to a core with taskset (which becomes the program, so that the pid is its own). */
  start(command: readonly string[], options: StartOptions = {}): Running {
    if (this.#closed) throw new Error('the bench has ended');
    const pinned = options.core === undefined ? command : ['taskset', '-c', `${options.core}`, ...command];
    const [file, ...args] = pinned;
    const child = spawn(file as string, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: ENVIRONMENT,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return new Running(child, command.join(' '));
  }

  /** An etcd of its own, with further flags where they are given. */
  async etcd(flags: readonly string[] = []): Promise<TestEtcd> {
    const etcd = await startEtcd({ flags });
    this.#etcds.add(etcd);
    if (this.#closed) await this.close();
    return etcd;
  }

  /** Runs when the bed is closed, for what was started elsewhere. */
  keep(ending: () => Promise<unknown>): void {
    this.#endings.push(ending);
  }

  /** Ends everything that was started, by its process id, and removes every folder. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const child of this.#children) child.kill('SIGKILL');
    for (const ending of this.#endings.splice(0)) await ending();
    await Promise.all([...this.#etcds].map((etcd) => etcd.remove()));
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }
}
