// A scene for a system test: etcd, servers and folders of its own, all gone when the test file ends.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type EtcdPlace, startEtcd, type TestEtcd } from './etcd.ts';
import { type Ended, type ProgramPlace, Running, runProgram, startProgram } from './program.ts';
import { TestServer } from './server.ts';

/** Waits for other servers for as long as may be: a busy machine is no failing server. */
export const PATIENT = ['--forward-timeout', '30', '--external-timeout', '30'];

export class Scene {
  readonly #endings: (() => Promise<unknown>)[] = [];

  constructor() {
    afterAll(() => this.#end());
  }

  /** Runs when the file ends; what was opened last is closed first. */
  onEnd(ending: () => Promise<unknown>): void {
    this.#endings.push(ending);
  }

  /** An empty folder. */
  async folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'fingerpost-test-'));
    this.onEnd(() => rm(path, { recursive: true, force: true }));
    return path;
  }

  async etcd(place: EtcdPlace = {}): Promise<TestEtcd> {
    const etcd = await startEtcd(place);
    this.onEnd(() => etcd.remove());
    return etcd;
  }

  /** Any program, ended with the scene. */
  run(command: string, args: readonly string[], place: ProgramPlace): Running {
    return this.#kept(new Running(command, args, place));
  }

  /** `fingerpost ARGS` in a folder, a new one unless it is given. */
  async program(args: readonly string[], place: Partial<ProgramPlace> = {}): Promise<Running> {
    return this.#kept(startProgram(args, { ...place, cwd: place.cwd ?? (await this.folder()) }));
  }

  /** `fingerpost ARGS` to its end. */
  async call(args: readonly string[], place: Partial<ProgramPlace> = {}): Promise<Ended> {
    return runProgram(args, { ...place, cwd: place.cwd ?? (await this.folder()) });
  }

  /** `fingerpost serve ARGS` on free ports, ready to answer. */
  async server(args: readonly string[] = [], place: Partial<ProgramPlace> = {}): Promise<TestServer> {
    const server = await this.starting(args, place);
    await server.ready();
    return server;
  }

  /** `fingerpost serve ARGS` on free ports, which may not be ready for a while. */
  async starting(args: readonly string[] = [], place: Partial<ProgramPlace> = {}): Promise<TestServer> {
    const ports = args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
    const program = await this.program(['serve', '--http', '127.0.0.1:0', ...ports, ...args], place);
    return TestServer.listening(program);
  }

  #kept(program: Running): Running {
    this.onEnd(() => program.destroy());
    return program;
  }

  async #end(): Promise<void> {
    for (const ending of this.#endings.reverse()) await ending();
  }
}
