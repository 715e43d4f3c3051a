// A real etcd for tests: its own ports and data, stopped by its process id.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './ports.ts';

export interface EtcdPlace {
  readonly dataDir?: string;
  /** The client port on 127.0.0.1. */
  readonly port?: number;
  /** Serve clients over TLS, and only those with a certificate of this CA. */
  readonly tls?: TlsPaths;
  /** Further flags of etcd. */
  readonly flags?: readonly string[];
  /** Its part in a cluster; without it a cluster of its own. */
  readonly member?: MemberPlace;
}

export interface MemberPlace {
  readonly name: string;
  readonly peerPort: number;
  /** All members, as `--initial-cluster` has them. */
  readonly cluster: string;
}

interface MemberStatus {
  readonly Status: {
    readonly header: { readonly member_id: number; readonly cluster_id: number };
    readonly leader: number;
  };
}

/** PEM files; certificate and key serve for both sides. */
export interface TlsPaths {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const READY_MS = 60_000;
const run = promisify(execFile);

/** Starts a single etcd and waits until it serves. */
export async function startEtcd(place: EtcdPlace = {}): Promise<TestEtcd> {
  const port = place.port ?? (await freePort());
  const own = place.dataDir === undefined;
  const dataDir = place.dataDir ?? (await mkdtemp(join(tmpdir(), 'fingerpost-etcd-')));
  const peerPort = place.member?.peerPort ?? (await freePort());
  const etcd = new TestEtcd(port, peerPort, dataDir, own, place);
  await etcd.start();
  return etcd;
}

export class TestEtcd {
  readonly port: number;
  readonly dataDir: string;
  readonly #ownsData: boolean;
  readonly #tls: TlsPaths | undefined;
  readonly #flags: readonly string[];
  readonly #member: MemberPlace;
  /** `user:password` for `ctl`, once etcd asks who it is. */
  login: string | undefined;
  #child: ChildProcess | undefined;
  #log = '';

  constructor(port: number, peerPort: number, dataDir: string, ownsData: boolean, place: EtcdPlace = {}) {
    this.port = port;
    this.dataDir = dataDir;
    this.#ownsData = ownsData;
    this.#tls = place.tls;
    this.#flags = place.flags ?? [];
    const peer = `http://127.0.0.1:${peerPort}`;
    this.#member = place.member ?? { name: 'test', peerPort, cluster: `test=${peer}` };
  }

  /** `host:port`, as registry URLs have it. */
  get endpoint(): string {
    return `127.0.0.1:${this.port}`;
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('etcd does not run');
    return this.#child.pid;
  }

  /** Starts it (again) on the same ports and data. */
  async start(): Promise<void> {
    const client = `${this.#tls ? 'https' : 'http'}://127.0.0.1:${this.port}`;
    const { name, peerPort, cluster } = this.#member;
    const peer = `http://127.0.0.1:${peerPort}`;
    const child = spawn(
      '/usr/bin/etcd',
      [
        ...['--name', name, '--data-dir', this.dataDir],
        ...['--listen-client-urls', client, '--advertise-client-urls', client],
        ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
        ...['--initial-cluster', cluster, '--logger', 'zap', '--log-level', 'error'],
        ...this.#tlsFlags(),
        ...this.#flags,
      ],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { PATH: '/usr/bin:/bin', ETCD_UNSUPPORTED_ARCH: process.arch },
      },
    );
    child.stderr?.on('data', (text) => {
      this.#log = `${this.#log}${text}`.slice(-10_000);
    });
    this.#child = child;
    await this.#ready(child);
  }

  /** Ends it in order. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** `kill -9`. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** Freezes it: connections stay open, nothing answers. */
  freeze(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  thaw(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Ends it and removes its data. */
  async remove(): Promise<void> {
    await this.kill();
    if (this.#ownsData) await rm(this.dataDir, { recursive: true, force: true });
  }

  /** Runs etcdctl against it; what it prints, without the last newline. */
  async ctl(...args: string[]): Promise<string> {
    const tls = this.#tls;
    const secure = tls ? ['--cacert', tls.ca, '--cert', tls.cert, '--key', tls.key] : [];
    const login = this.login === undefined ? [] : ['--user', this.login];
    const { stdout } = await run(
      '/usr/bin/etcdctl',
      // It logs in within the time for dialling, which a busy machine may well take longer for than its 2 s.
      [
        '--endpoints',
        this.endpoint,
        '--dial-timeout=20s',
        '--command-timeout=30s',
        ...secure,
        ...login,
        ...args,
      ],
      { env: { PATH: '/usr/bin:/bin', ETCDCTL_API: '3' } },
    );
    return stdout.trimEnd();
  }

  /** Puts the backup `file` (`ctl('snapshot', 'save', file)`) in the place of its data, and starts it. */
  async restore(file: string): Promise<void> {
    await this.kill();
    await rm(this.dataDir, { recursive: true, force: true });
    const { name, peerPort, cluster } = this.#member;
    const own = ['--name', name, '--initial-cluster', cluster, '--data-dir', this.dataDir];
    const peer = ['--initial-advertise-peer-urls', `http://127.0.0.1:${peerPort}`];
    await run('/usr/bin/etcdctl', ['snapshot', 'restore', file, ...own, ...peer], {
      env: { PATH: '/usr/bin:/bin', ETCDCTL_API: '3' },
    });
    await this.start();
  }

  /** Whether it leads its cluster, by its own account. */
  async leads(): Promise<boolean> {
    const [own] = JSON.parse(await this.ctl('endpoint', 'status', '-w', 'json')) as MemberStatus[];
    return own !== undefined && own.Status.leader === own.Status.header.member_id;
  }

  #tlsFlags(): string[] {
    if (this.#tls === undefined) return [];
    const { ca, cert, key } = this.#tls;
    return ['--cert-file', cert, '--key-file', key, '--client-cert-auth', '--trusted-ca-file', ca];
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGCONT');
    child.kill(signal);
    await ended;
  }

  /** It opens its client port when it has joined the cluster; a read through the leader proves that it serves. */
  async #ready(child: ChildProcess): Promise<void> {
    const end = Date.now() + READY_MS;
    while (Date.now() < end) {
      if (child.exitCode !== null) throw new Error(`etcd ended:\n${this.#log}`);
      if (await opens(this.port)) {
        await this.ctl('get', '/').catch(unlessGuarded);
        return;
      }
      await delay(20);
    }
    throw new Error(`etcd was not ready in time:\n${this.#log}`);
  }
}

/** An etcd that asks who we are serves, too. */
function unlessGuarded(thrown: unknown): void {
  if (!String(thrown).includes('user name is empty')) throw thrown;
}

function opens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
