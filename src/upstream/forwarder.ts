// Asks other servers what is not ours to answer: bytes of a question in, bytes of a reply or a reason out.
import { randomBytes } from 'node:crypto';
import type { Name } from '../wire/name.ts';
import type { Query } from '../wire/query.ts';
import { Deadlines } from './deadlines.ts';
import type { ServerAddress, UpstreamDeps } from './deps.ts';
import { countFailures } from './failure.ts';
import { type FlightLimits, Flights } from './flights.ts';
import { type GroupOptions, ServerGroup } from './group.ts';
import { LoopProbes } from './loop-probes.ts';
import { hasPassed, type Marks, marksToSend, PASS_LENGTH, UNMARKED } from './marks.ts';
import { keyOf, questionOf } from './question.ts';
import { RandomWords } from './random.ts';
import { ReplyMemory } from './reply-memory.ts';
import { ServerPool } from './server-pool.ts';
import { type ForwarderStatus, groupStatus } from './status.ts';
import type { FailureKind, Upstreamed } from './upstreamed.ts';

/** glibc waits 5 s for a reply by default: ours comes before. */
export const DEFAULT_LIMITS: FlightLimits = { timeoutMs: 4000, max: 1000, maxPerClient: 100 };

export class Forwarder {
  readonly #deps: UpstreamDeps;
  readonly #pool: ServerPool;
  readonly #flights: Flights;
  readonly #probes: LoopProbes;
  /** Who we are in the marks of queries. */
  readonly #self = new Uint8Array(randomBytes(PASS_LENGTH));
  readonly #marks = marksToSend(UNMARKED, this.#self, false);
  readonly #stubMarks = marksToSend(UNMARKED, this.#self, true);
  readonly #groups = new Set<ServerGroup>();
  #nextGroup = 0;
  #isOpen = true;

  constructor(limits: FlightLimits, deps: UpstreamDeps) {
    const random = new RandomWords();
    const deadlines = new Deadlines(deps.clock);
    const exchange = { ...deps, random, replies: new ReplyMemory(), deadlines };
    this.#deps = deps;
    this.#pool = new ServerPool(random, deps);
    this.#flights = new Flights(limits, exchange);
    this.#probes = new LoopProbes(this.#self, exchange);
  }

  /** Takes new limits, for questions from now on. */
  configure(limits: FlightLimits): void {
    this.#flights.limits = limits;
  }

  /** Makes a group of servers, which `ServerGroup.replace` changes and `dissolve` ends. */
  group(options: GroupOptions, addresses: readonly ServerAddress[]): ServerGroup {
    // A server of a stub zone may well send us what lies outside the zone: that is no loop.
    const probed = options.stub !== true;
    const group = new ServerGroup(options, this.#nextGroup++, this.#pool, () => {
      if (probed) this.#probes.now();
    });
    this.#groups.add(group);
    if (probed) this.#probes.watch(group);
    group.replace(addresses);
    return group;
  }

  dissolve(group: ServerGroup): void {
    this.#groups.delete(group);
    this.#probes.unwatch(group);
    group.replace([]);
  }

  /** Looks for loops, now and from now on. To be called when our own ports are open. */
  start(): void {
    this.#isOpen = true;
    this.#probes.start();
  }

  /**
   * Asks a group what `query` was read as from `request` (both may change afterwards). `client` names who asks, for the
   * bound on each client's questions; undefined for questions of our own. Never rejects.
   */
  forward(
    request: Uint8Array,
    query: Query,
    client: string | undefined,
    group: ServerGroup,
  ): Promise<Upstreamed> {
    const question = questionOf(request, query);
    if (hasPassed(question.marks.path, this.#self)) {
      this.#probes.hint();
      return this.#fail('loop');
    }
    const key = keyOf(query, question, group.number);
    if (!this.#isOpen) return this.#fail('unreachable');
    if (this.#flights.isFull(client)) return this.#fail('overload');
    const merged = this.#flights.join(key, client);
    if (merged !== undefined) {
      this.#deps.counters.upstreamMerged.inc();
      return merged;
    }
    const servers = group.servers();
    if (servers.length === 0) return this.#fail(group.lack);
    const options = this.#optionsFor(question.marks, group.stub);
    return this.#flights.begin(key, client, { question, options }, servers);
  }

  /** The EDNS options of a question; those of one without marks, as nearly all are, were made once. */
  #optionsFor(marks: Marks, stub: boolean): Uint8Array {
    if (marks === UNMARKED) return stub ? this.#stubMarks : this.#marks;
    return marksToSend(marks, this.#self, stub);
  }

  #fail(kind: FailureKind): Promise<Upstreamed> {
    countFailures(this.#deps.counters, kind, 1);
    return Promise.resolve({ kind });
  }

  /** Whether a question that has reached us, its name as `Query.name` gives it, is one of our own probes: a loop. */
  isOwnProbe(name: Name): boolean {
    return this.#probes.isOwn(name);
  }

  /** For health and metrics. */
  status(): ForwarderStatus {
    return { waiting: this.#flights.waiting, groups: [...this.#groups].map(groupStatus) };
  }

  /** Ends what is in flight (unreachable) and closes every socket. Groups have to be made anew before it is started again. */
  close(): void {
    this.#isOpen = false;
    this.#probes.close();
    this.#flights.close();
    this.#pool.close();
  }
}
