// A server on trial: a cluster of three behind lines that can fail, writes and questions without a break, faults, and rows.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestEtcd } from '../etcd.ts';
import { startCluster, type TestCluster } from '../etcd-cluster.ts';
import { Line } from '../line.ts';
import { freePort } from '../ports.ts';
import { type Running, startProgram } from '../program.ts';
import { TestServer } from '../server.ts';
import { Asker } from './asker.ts';
import { Checker, type Tally } from './checker.ts';
import { Journal } from './journal.ts';
import type { Row } from './rows.ts';
import { Writer } from './writer.ts';

export interface TrialOptions {
  readonly seed?: number;
  /** Further flags of `serve`. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The state directory; one of its own unless it is given. */
  readonly stateDir?: string;
  /** Where it listens, and how it is started, where that is not plainly here. */
  readonly host?: string;
  readonly start?: (args: readonly string[], cwd: string) => Running;
  /** Where each member is reached. */
  readonly lineHosts?: readonly string[];
}

/** Makes a fault and lasts as long as that takes; what ends it. */
export type Fault = () => Promise<() => unknown>;

/** Nothing takes so long, however busy the machine is. */
const PATIENCE_MS = 90_000;
/** How long it is judged afterwards, in answers and milliseconds. */
const CALM = { answers: 200, ms: 500 };

export class Trial {
  readonly cluster: TestCluster;
  readonly checker: Checker;
  readonly writer: Writer;
  /** The folder of the snapshot. */
  readonly stateDir: string;
  readonly #options: TrialOptions;
  readonly #lines: readonly Line[];
  readonly #folder: string;
  readonly #journal: Journal;
  readonly #port: number;
  #server!: TestServer;
  #asker: Asker | undefined;

  private constructor(parts: {
    options: TrialOptions;
    cluster: TestCluster;
    lines: readonly Line[];
    folder: string;
    port: number;
    journal: Journal;
    writer: Writer;
  }) {
    this.#options = parts.options;
    this.cluster = parts.cluster;
    this.#lines = parts.lines;
    this.#folder = parts.folder;
    this.stateDir = parts.options.stateDir ?? join(parts.folder, 'state');
    this.#port = parts.port;
    this.#journal = parts.journal;
    this.writer = parts.writer;
    this.checker = new Checker(parts.journal);
  }

  /** All parts run, and the server knows what there is. */
  static async start(options: TrialOptions = {}): Promise<Trial> {
    const seed = options.seed ?? 1;
    const cluster = await startCluster();
    const lines = await Promise.all(
      cluster.members.map(({ port }, i) => Line.to(port, options.lineHosts?.[i])),
    );
    const folder = await mkdtemp(join(tmpdir(), 'fingerpost-trial-'));
    const journal = new Journal();
    const writer = await Writer.start({ endpoints: cluster.endpoints, journal, seed });
    const port = await freePort();
    const trial = new Trial({ options, cluster, lines, folder, port, journal, writer });
    await (await trial.boot()).ready();
    const at = trial.server.address;
    trial.#asker = await Asker.start({ at, checker: trial.checker, seed: seed + 1 });
    await trial.fresh();
    trial.checker.mark();
    return trial;
  }

  get server(): TestServer {
    return this.#server;
  }

  get lines(): readonly Line[] {
    return this.#lines;
  }

  /** The server's way to a member. */
  lineTo(member: TestEtcd): Line {
    const line = this.#lines[this.cluster.members.indexOf(member)];
    if (line === undefined) throw new Error('no such member');
    return line;
  }

  /** The member that the server's connection leads to. */
  used(): TestEtcd {
    const used = this.#lines.findIndex(({ connections }) => connections > 0);
    const member = this.cluster.members[used];
    if (member === undefined) throw new Error('the server is not connected');
    return member;
  }

  /** Starts the server, which opens its ports; it may know nothing yet. */
  async boot(): Promise<TestServer> {
    const { host = '127.0.0.1', flags = [], env = {}, start } = this.#options;
    const registry = `etcd://${this.#lines.map(({ endpoint }) => endpoint).join(',')}/skydns`;
    const args = [
      ...['serve', '--listen', `${host}:${this.#port}`, '--http', `${host}:0`],
      ...['--registry', registry, '--state-dir', this.stateDir, ...flags],
    ];
    const cwd = this.#folder;
    this.#server = await TestServer.listening(start?.(args, cwd) ?? startProgram(args, { cwd, env }));
    return this.#server;
  }

  /** Ends the server in order, and starts it again. */
  async restart(): Promise<void> {
    await this.server.stop();
    this.checker.restarted();
    await this.boot();
  }

  /** `kill -9` of the server, which is started again after `meanwhile`. */
  async killServer(meanwhile = () => {}): Promise<void> {
    const revision = await this.server.metric('fingerpost_snapshot_revision');
    await this.server.program.destroy();
    this.checker.restarted(this.#journal.at(revision));
    meanwhile();
    await this.boot();
  }

  /** etcd forgets what was before write `n`. */
  async compact(n: number): Promise<void> {
    const revision = this.#journal.write(n)?.revision;
    await (await this.cluster.leader()).ctl('compact', `${revision}`);
  }

  /** Waits until the server says of itself that it is `synced` or `stale`. */
  async state(wanted: string): Promise<void> {
    await until(`the server is ${wanted}`, async () => (await this.server.readyz()).state === wanted);
  }

  /** Waits until answers prove that the server knows a write that was begun after this call. */
  async fresh(): Promise<void> {
    const n = await this.writer.next();
    await until(`write ${n} is known`, async () => this.checker.floor >= n);
  }

  /** Waits until all that has been written is on the server's disk, too. */
  async saved(): Promise<void> {
    const n = await this.writer.next();
    const goal = this.#journal.write(n)?.revision ?? Number.NaN;
    const metric = () => this.server.metric('fingerpost_snapshot_revision');
    await until(`write ${n} is in the snapshot`, async () => (await metric()) >= goal);
  }

  /** Waits until so many more questions have been asked. */
  async asked(count: number): Promise<void> {
    const tally = this.checker.tally;
    const goal = tally.asked + count;
    await until(`${count} questions`, async () => tally.asked >= goal);
  }

  /** Makes a fault, ends it, waits until the newest is known again, and goes on for a while. */
  async fault(what: string, make: Fault): Promise<Row> {
    this.checker.mark();
    const begun = performance.now();
    const heal = await make();
    await heal();
    const healed = performance.now();
    await this.fresh();
    const caughtUp = performance.now();
    const during = this.checker.mark();
    await delay(CALM.ms);
    await this.asked(CALM.answers);
    const after = this.checker.mark();
    return {
      ...{ what, ...sum(during, after), staleness: after.staleness },
      lasted: healed - begun,
      healedAfter: caughtUp - healed,
      alive: !this.server.program.ended,
    };
  }

  /** Ends everything and removes what it has left. Rejects where the writer could not go on. */
  async close(): Promise<void> {
    await this.#asker?.stop();
    await this.server.program.destroy();
    try {
      await this.writer.stop();
    } finally {
      for (const line of this.#lines) await line.cut();
      await this.cluster.remove();
      await rm(this.#folder, { recursive: true, force: true });
    }
  }
}

function sum(during: Tally, after: Tally): Omit<Tally, 'staleness'> {
  return {
    asked: during.asked + after.asked,
    wrong: [...during.wrong, ...after.wrong],
    failed: during.failed + after.failed,
    unanswered: during.unanswered + after.unanswered,
    again: during.again + after.again,
  };
}

/** Waits for a condition; throws when it does not come, whatever the reason. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; ; await delay(10)) {
    if (await holds().catch(() => false)) return;
    if (performance.now() > end) throw new Error(`it took too long until ${what}`);
  }
}
