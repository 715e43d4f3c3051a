// The registry behind another server, over its HTTP API: so that commands reach an embedded registry from elsewhere.
import type { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import { FingerpostError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Entry, Lease } from '../service/entry.ts';
import type { Waited } from './applied.ts';
import { HttpCalls, type HttpPlace } from './http-calls.ts';
import { HttpFollower } from './http-follower.ts';
import {
  applied,
  committed,
  entryList,
  entryOfMessage,
  gotEntry,
  leaseMessage,
  leaseState,
  pastEntry,
} from './http-messages.ts';
import { checkConditions, checkKey, checkTtl, checkWrites } from './keys.ts';
import type { Condition, Got, Listed, Registry, RegistrySink, Write } from './registry.ts';

export interface HttpRegistryOptions extends HttpPlace {
  readonly url: string;
  readonly prefix: string;
}

export interface HttpRegistryDeps {
  readonly logger: Logger;
  readonly clock: Clock;
}

/** What the server lets a client wait at once, in seconds. */
const MOST_WAIT_S = 300;
const EXTRA_MS = 15_000;

export class HttpRegistry implements Registry {
  readonly url: string;
  readonly prefix: string;
  readonly #calls: HttpCalls;
  readonly #deps: HttpRegistryDeps;
  #follower: HttpFollower | undefined;

  /** Connects when it is first used. */
  constructor({ url, prefix, ...place }: HttpRegistryOptions, deps: HttpRegistryDeps) {
    this.url = url;
    this.prefix = prefix;
    this.#calls = new HttpCalls(place);
    this.#deps = deps;
  }

  get lastWord(): number | undefined {
    return this.#follower?.lastWord;
  }

  /** It always lists: another process than before may answer. */
  watch(sink: RegistrySink): void {
    if (this.#follower !== undefined)
      throw new FingerpostError('registry', 'the registry is watched already');
    const { prefix, url } = this;
    this.#follower = new HttpFollower({ ...this.#deps, calls: this.#calls, prefix, url, sink });
    this.#follower.start();
  }

  relist(): void {
    this.#follower?.relist();
  }

  async list(key: string = this.prefix): Promise<Listed> {
    if (key !== this.prefix) checkKey(this.prefix, key);
    const { revision, entries } = await this.#get('/v1/entries', { key }, entryList);
    return { revision, entries: entries.map(entryOfMessage) };
  }

  async get(key: string): Promise<Got> {
    checkKey(this.prefix, key);
    const { revision, entry } = await this.#get('/v1/entry', { key }, gotEntry);
    return { revision, entry: entry === null ? undefined : entryOfMessage(entry) };
  }

  async before(key: string, revision: number): Promise<Entry | 'unknown' | undefined> {
    checkKey(this.prefix, key);
    const query = { key, before: String(revision) };
    const { known, entry } = await this.#get('/v1/history', query, pastEntry);
    if (!known) return 'unknown';
    return entry === null ? undefined : entryOfMessage(entry);
  }

  async commit(writes: readonly Write[]): Promise<number> {
    checkWrites(this.prefix, writes);
    const call = { method: 'POST', path: '/v1/transactions', body: { writes } } as const;
    return (await this.#calls.ask(call, committed)).revision;
  }

  async commitIf(conditions: readonly Condition[], writes: readonly Write[]): Promise<number | undefined> {
    checkConditions(this.prefix, conditions);
    checkWrites(this.prefix, writes);
    const holds = conditions.map(({ key, revision }) => ({ key, revision: revision ?? null }));
    const reply = await this.#calls.reply({
      method: 'POST',
      path: '/v1/transactions',
      body: { if: holds, writes },
    });
    if (reply.problem?.status === 412) return undefined;
    if (reply.problem !== undefined) throw this.#calls.refusal(reply.problem);
    return committed.parse(reply.body).revision;
  }

  async grant(ttl: number): Promise<Lease> {
    checkTtl(ttl);
    return this.#calls.ask({ method: 'POST', path: '/v1/leases', body: { ttl } }, leaseMessage);
  }

  async keepAlive(id: string): Promise<boolean> {
    const path = `${leasePath(id)}/keepalive`;
    const { problem } = await this.#calls.reply({ method: 'POST', path });
    if (problem === undefined) return true;
    if (problem.status === 404) return false;
    throw this.#calls.refusal(problem);
  }

  async revoke(id: string): Promise<void> {
    const { problem } = await this.#calls.reply({ method: 'DELETE', path: leasePath(id) });
    if (problem !== undefined) throw this.#calls.refusal(problem);
  }

  async hasExpired(lease: string): Promise<boolean> {
    return (await this.#get(leasePath(lease), {}, leaseState)).expired;
  }

  /** The server heeds leases itself. */
  async heed(): Promise<void> {}

  async waitApplied(revision: number, ms: number): Promise<Waited> {
    const end = performance.now() + ms;
    for (;;) {
      const left = end - performance.now();
      const seconds = Math.min(MOST_WAIT_S, Math.max(1, Math.ceil(left / 1000)));
      const waited = await this.#wait(revision, seconds);
      if (waited.everywhere || end - performance.now() < 1000) return waited;
    }
  }

  async #wait(revision: number, seconds: number): Promise<Waited> {
    const { body, problem } = await this.#calls.reply({
      method: 'GET',
      path: '/v1/wait',
      query: { revision: String(revision), timeout: String(seconds) },
      silenceMs: seconds * 1000 + EXTRA_MS,
    });
    if (problem !== undefined && problem.servers === undefined) throw this.#calls.refusal(problem);
    const servers = problem?.servers ?? applied.parse(body).servers;
    return { everywhere: problem === undefined, servers: servers.map((one) => ({ ...one, wanted: 0 })) };
  }

  async close(): Promise<void> {
    const followed = this.#follower?.close();
    this.#calls.close();
    await followed;
  }

  #get<T>(path: string, query: Record<string, string>, schema: z.ZodType<T>): Promise<T> {
    return this.#calls.ask({ method: 'GET', path, query }, schema);
  }
}

function leasePath(id: string): string {
  return `/v1/leases/${encodeURIComponent(id)}`;
}
