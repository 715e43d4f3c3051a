// The pool of UDP workers: opens their sockets, starts them, replaces one that dies, stops them all.
import { Worker } from 'node:worker_threads';
import type { GuardMemory } from '../../guard/guard.ts';
import type { Respond } from '../../query/responder.ts';
import { MAX_READERS, type TableMemory } from '../../table/layout.ts';
import { TableReader } from '../../table/lookup.ts';
import type { TapMemory } from '../../tap/writer.ts';
import { ZoneWords } from '../../wire/negative.ts';
import { type Address, bindAsIs, type CloseOptions, type Listening, type TransportDeps } from '../deps.ts';
import { FairShare } from '../fair-share.ts';
import { listenError } from '../listen-error.ts';
import { Tallies } from '../tallies.ts';
import { Tally } from '../tally.ts';
import { MissDrain } from './drain.ts';
import { MissQueue, missQueueMemory } from './miss-queue.ts';
import { Signal, Stop, signalMemory } from './signal.ts';
import { isWildcard, socketName } from './socket-name.ts';
import {
  adviseHugePages,
  closeSocket,
  openUdpSocket,
  prepareUdpSocket,
  stopReceiving,
  type UdpSocket,
} from './syscalls.ts';
import type { WorkerParts } from './worker.ts';

/** Kernel buffer of each socket, each way, in bytes: for bursts while the worker is not on a processor. */
const SOCKET_BUFFER = 4 * 1024 * 1024;
/** How long a worker waits in a receive, in milliseconds: the longest it takes to notice that it should stop. */
const WAIT_MS = 100;
/** Pause before a worker that died is replaced, in milliseconds. */
const REPLACE_AFTER_MS = 100;

/** How long workers may take to end before they are cut off, in milliseconds. */
const GRACE_MS = 2000;

/** The worker's file: beside this one, as source or as built. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

/** One address with what its workers share. */
interface Group {
  readonly signal: SharedArrayBuffer;
  readonly drain: MissDrain;
  readonly members: Member[];
  /** Each of them once. */
  readonly sockets: readonly number[];
  /** Others have the sockets as well: what is left in them is theirs. */
  readonly isShared: boolean;
  closing: boolean;
}

interface Member {
  readonly group: Group;
  readonly parts: WorkerParts;
  worker: Worker | undefined;
  ended: Promise<void>;
}

export interface PoolOptions {
  readonly table: TableMemory;
  /** Default: everything is answered to everyone. */
  readonly guard?: GuardMemory;
  /** Makes each worker a ring for what it notes; default: nothing is noted. */
  readonly tap?: () => TapMemory;
  /** Answers what is not in the table. */
  readonly respond: Respond;
  /** Worker threads for each address. */
  readonly workers: number;
  /** Other processes may share the port; default: it must be free. */
  readonly sharesPort?: boolean;
}

/** How many zones a table has answers of. */
function zoneCount({ zoneWords }: TableMemory): number {
  return (zoneWords.byteLength / 4 - ZoneWords.FIRST) / ZoneWords.STRIDE;
}

export class UdpPool {
  readonly #options: PoolOptions;
  readonly #deps: TransportDeps;
  readonly #share: FairShare;
  readonly #tallies: Tallies;
  readonly #members = new Set<Member>();
  /** Counts of all workers there ever were. */
  readonly tallies: Tally[] = [];
  /** Workers that died and were replaced. */
  replaced = 0;
  /** Numbers of readers of the table that are free again; number 0 is the main thread's. */
  readonly #freeReaders: number[] = [];
  #readers = 1;

  constructor(options: PoolOptions, deps: TransportDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#share = deps.share ?? new FairShare();
    this.#tallies = deps.tallies ?? new Tallies(zoneCount(options.table));
    const { slots, arena, names } = options.table;
    for (const memory of [slots, arena, names]) adviseHugePages(memory);
  }

  get alive(): number {
    return this.threads.length;
  }

  /** Queries that wait for the main thread. */
  get waiting(): number {
    const groups = new Set([...this.#members].map(({ group }) => group));
    return [...groups].reduce((sum, { drain }) => sum + drain.waiting, 0);
  }

  /** Answers on one address with all its workers. Rejects with a FingerpostError of code `listen`. */
  async open(address: Address): Promise<Listening> {
    const bindAs = this.#deps.bind ?? bindAsIs;
    const sockets = await bindAs(async () => this.#openSockets(address));
    const signal = signalMemory();
    const place = { host: address.host, port: sockets[0]?.port ?? address.port };
    const drain = new MissDrain({
      respond: this.#options.respond,
      signal,
      dropped: this.#deps.counters.dropped,
      share: this.#share,
      tally: this.#tallies.open(place, 'udp'),
    });
    const descriptors = [...new Set(sockets.map(({ fd }) => fd))];
    const isShared = address.fd !== undefined;
    const group: Group = { signal, drain, members: [], sockets: descriptors, isShared, closing: false };
    for (const { fd } of sockets) group.members.push(this.#member(group, fd, place));
    const draining = drain.run();
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const close = ({ graceMs = GRACE_MS }: CloseOptions = {}): Promise<void> => {
      if (!group.closing) resolve(this.#close(group, draining, graceMs));
      return closed;
    };
    try {
      await Promise.all(group.members.map((member) => this.#start(member)));
    } catch (cause) {
      await close();
      throw listenError('UDP', address, cause);
    }
    return { address: place.host, port: place.port, close };
  }

  #openSockets(address: Address): UdpSocket[] {
    const sockets: UdpSocket[] = [];
    try {
      if (this.#members.size + this.#options.workers >= MAX_READERS)
        throw new Error(`there may be ${MAX_READERS - 1} worker threads in all`);
      const name = socketName(address.host);
      const shape = { buffer: SOCKET_BUFFER, waitMs: WAIT_MS, packetInfo: isWildcard(address.host) };
      if (address.fd !== undefined) {
        const { fd, port } = address;
        prepareUdpSocket(fd, name.family, shape);
        // All workers receive from the one socket: the system wakes one of them for each datagram.
        return Array.from({ length: this.#options.workers }, () => ({ fd, port }));
      }
      while (sockets.length < this.#options.workers) {
        const port = sockets[0]?.port ?? address.port;
        const joins = sockets.length > 0 || this.#options.sharesPort === true;
        sockets.push(openUdpSocket({ ...name, port, joins, ...shape }));
      }
      return sockets;
    } catch (cause) {
      for (const { fd } of sockets) closeSocket(fd);
      throw listenError('UDP', address, cause);
    }
  }

  #member(group: Group, fd: number, place: Pick<Address, 'host' | 'port'>): Member {
    const packetInfo = isWildcard(place.host);
    const misses = missQueueMemory();
    const tally = this.#tallies.add(place, 'udp');
    const parts = {
      fd,
      reader: this.#freeReaders.pop() ?? this.#readers++,
      packetInfo,
      table: this.#options.table,
      ...(this.#options.guard === undefined ? {} : { guard: this.#options.guard }),
      misses,
      tally,
      signal: group.signal,
      ...(this.#options.tap === undefined ? {} : { tap: this.#options.tap() }),
    };
    this.tallies.push(new Tally(tally));
    const behind = new MissQueue(missQueueMemory());
    group.drain.add({ queue: new MissQueue(misses), behind, fd, packetInfo });
    const member = { group, parts, worker: undefined, ended: Promise.resolve() };
    this.#members.add(member);
    return member;
  }

  /** Starts a member's thread; resolves when it answers. */
  async #start(member: Member): Promise<void> {
    const worker = new Worker(WORKER, { workerData: member.parts });
    member.worker = worker;
    const up = Promise.withResolvers<void>();
    worker.once('message', () => up.resolve());
    worker.once('error', (error) => {
      this.#deps.log.error({ err: error }, 'a UDP worker failed');
      up.reject(error);
    });
    member.ended = new Promise((resolve) => {
      worker.once('exit', () => {
        member.worker = undefined;
        // Whatever it was reading, it reads no more.
        new TableReader(member.parts.table, member.parts.reader).leave();
        up.reject(new Error('the worker ended before it began'));
        resolve();
        this.#replace(member);
      });
    });
    return up.promise;
  }

  /** The socket stays open meanwhile, so that no client notices more than a pause. */
  #replace(member: Member): void {
    if (member.group.closing) return;
    this.replaced++;
    this.#deps.log.error({ worker: member.parts.reader }, 'a UDP worker ended and is replaced');
    this.#deps.clock.after(REPLACE_AFTER_MS, () => {
      if (member.group.closing) return;
      this.#start(member).catch((error: unknown) =>
        this.#deps.log.error({ err: error }, 'a UDP worker did not start'),
      );
    });
  }

  /** Takes no more in, answers what is there, ends the workers of an address, closes their sockets. */
  async #close(group: Group, draining: Promise<void>, graceMs: number): Promise<void> {
    group.closing = true;
    if (!group.isShared) for (const fd of group.sockets) stopReceiving(fd);
    const stop = group.isShared ? Stop.NOW : Stop.WHEN_EMPTY;
    Atomics.store(new Int32Array(group.signal), Signal.STOP, stop);
    await Promise.all(group.members.map((member) => this.#end(member, graceMs)));
    group.drain.stop(graceMs);
    await draining;
    for (const fd of group.sockets) closeSocket(fd);
    for (const member of group.members) {
      this.#freeReaders.push(member.parts.reader);
      this.#members.delete(member);
    }
  }

  /** Waits for a thread to end, and cuts it off when it takes too long. */
  async #end(member: Member, graceMs: number): Promise<void> {
    const cut = () => void member.worker?.terminate();
    const cancel = this.#deps.clock.after(Math.max(graceMs, 2 * WAIT_MS), cut);
    await member.ended;
    cancel();
  }

  /** Threads that are running, for tests of what happens when one dies. */
  get threads(): readonly Worker[] {
    return [...this.#members].flatMap((member) => (member.worker === undefined ? [] : [member.worker]));
  }
}
