// One worker thread: takes queries in batches, answers from the shared table, hands misses on. Loads nothing but the
// table's reader and this folder.
import { parentPort, workerData } from 'node:worker_threads';
import { sharedOffset } from '../../base/clock.ts';
import { Guard, type GuardMemory, type Visitor } from '../../guard/guard.ts';
import type { TableMemory } from '../../table/layout.ts';
import { MISS, TableReader } from '../../table/lookup.ts';
import { Source } from '../../tap/record.ts';
import { type TapMemory, TapWriter } from '../../tap/writer.ts';
import { u16 } from '../../wire/bytes.ts';
import { Client } from '../../wire/client.ts';
import { rcodeOf } from '../../wire/frame.ts';
import { Tally } from '../tally.ts';
import { MissQueue } from './miss-queue.ts';
import { BATCH, Packets, REPLY_SIZE, REQUEST_SIZE } from './packets.ts';
import { Signal, Stop } from './signal.ts';
import { Errno, errno, Rest, receive } from './syscalls.ts';
import { Trains } from './trains.ts';

/** Pause after a receive that failed, in milliseconds. */
const PAUSE_MS = 10;

/**
 * Queries of a batch from which on the worker rests before it receives again, unless the batch was full: the next one is
 * then larger, at a lower price for each query, and senders need not wake it. It is what network cards do with
 * interrupts. At 55,000 queries a second on one core, half of what others can answer, batches are smaller and p50 stays
 * as it is without; from 8 or 12 on it is a third higher, and answers hardly cost less.
 */
const REST_FROM = 16;
/** In nanoseconds. The system adds its slack, 50 us by default: the longest that a query waits for this. */
const REST_NS = 10_000;

export interface WorkerParts {
  readonly fd: number;
  /** Number of this reader of the table. */
  readonly reader: number;
  readonly packetInfo: boolean;
  readonly table: TableMemory;
  /** Default: everything is answered to everyone. */
  readonly guard?: GuardMemory;
  readonly misses: SharedArrayBuffer;
  readonly tally: SharedArrayBuffer;
  readonly signal: SharedArrayBuffer;
  /** Default: nothing is noted. */
  readonly tap?: TapMemory;
}

class UdpWorker {
  readonly #parts: WorkerParts;
  readonly #reader: TableReader;
  readonly #received = new Packets(BATCH, REQUEST_SIZE);
  readonly #replies = new Packets(BATCH, REPLY_SIZE);
  readonly #trains = new Trains(this.#replies, BATCH);
  readonly #rest = new Rest(REST_NS);
  readonly #misses: MissQueue;
  readonly #tally: Tally;
  readonly #signal: Int32Array;
  readonly #tap: TapWriter | undefined;
  /** By reply of a batch: the slot of its query. */
  readonly #slots = new Uint8Array(BATCH);
  /** Who asks just now. */
  readonly #visitor: Visitor = { transport: 'udp', client: new Client() };
  /** The zones of a batch's replies. */
  readonly #zones = new Uint16Array(BATCH);
  readonly #offset = sharedOffset();

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    const guard = parts.guard === undefined ? undefined : new Guard(parts.guard, parts.reader);
    this.#reader = new TableReader(parts.table, parts.reader, BATCH, guard);
    this.#misses = new MissQueue(parts.misses);
    this.#tally = new Tally(parts.tally);
    this.#signal = new Int32Array(parts.signal);
    this.#tap = parts.tap === undefined ? undefined : new TapWriter(parts.tap, parts.reader);
    for (let slot = 0; slot < BATCH; slot++) this.#received.arm(slot);
  }

  /** Until it is told to stop: a receive ends at the latest with the socket's time-out. */
  run(): void {
    const { fd } = this.#parts;
    while (Atomics.load(this.#signal, Signal.STOP) === 0) {
      const count = receive(fd, this.#received.headers, BATCH);
      if (count > 0) this.#answer(count);
      else if (count < 0) this.#failed(errno());
      if (count >= REST_FROM && count < BATCH) this.#rest.take();
    }
    this.#finish();
  }

  /** Answers what came in before nothing more could: a receive that began after that and found nothing was the last. */
  #finish(): void {
    while (Atomics.load(this.#signal, Signal.STOP) === Stop.WHEN_EMPTY) {
      const count = receive(this.#parts.fd, this.#received.headers, BATCH);
      if (count > 0) this.#answer(count);
      else if (errno() !== Errno.EINTR) return;
    }
  }

  /** Time-outs and interruptions are the rule; anything else passes too, or at least costs no whole processor. */
  #failed(error: number): void {
    if (error === Errno.EAGAIN || error === Errno.EINTR) return;
    this.#tally.receiveFailed();
    Atomics.wait(this.#signal, Signal.STOP, 0, PAUSE_MS);
  }

  #answer(count: number): void {
    const started = performance.now();
    const now = this.#reader.now();
    let replies = 0;
    let missed = 0;
    this.#reader.enter();
    for (let slot = 0; slot < count; slot++)
      this.#reader.read(slot, this.#received.view(slot), this.#received.received(slot));
    this.#reader.gather(count);
    for (let slot = 0; slot < count; slot++) {
      const reply = this.#replies.view(replies);
      this.#received.readClient(slot, this.#visitor.client);
      const request = this.#received.view(slot);
      const size = this.#reader.answer(slot, request, this.#visitor, now, reply);
      if (size > 0) this.#queue(replies++, slot, size);
      else if (size === MISS) missed += this.#hand(slot, started);
      else this.#tally.ignored();
      this.#received.arm(slot);
    }
    this.#reader.leave();
    this.#tally.batch(count);
    if (replies > 0) this.#send(replies, started);
    if (missed > 0) this.#wake();
    if (this.#tap?.isOn === true && replies > 0) this.#note(this.#tap, replies, started);
  }

  #queue(place: number, slot: number, size: number): void {
    this.#slots[place] = slot;
    this.#replies.setLength(place, size);
    this.#replies.addressTo(place, this.#received, slot, this.#parts.packetInfo);
    const query = this.#reader.query(slot);
    const { bytes } = this.#replies;
    const { isIpv4 } = this.#visitor.client;
    this.#tally.answered(
      query,
      this.#received.received(slot),
      isIpv4,
      bytes,
      this.#replies.start(place),
      size,
    );
    this.#zones[place] = query.zone;
  }

  /** Writes down the replies of a batch that somebody wants; what was received and sent still stands where it was. */
  #note(tap: TapWriter, replies: number, started: number): void {
    const latency = Math.round((performance.now() - started) * 1000);
    tap.begin(started);
    for (let place = 0; place < replies; place++) {
      const slot = this.#slots[place] as number;
      const query = this.#reader.query(slot);
      const rcode = rcodeOf(query, this.#replies.bytes, this.#replies.start(place));
      const wants = tap.wants(rcode);
      if (wants === 0) continue;
      const { client } = this.#visitor;
      this.#received.readClient(slot, client);
      client.port = this.#received.portOf(slot);
      const size = this.#received.received(slot);
      const flags = u16(this.#replies.bytes, this.#replies.start(place) + 2);
      if (!tap.open(wants, client, query, size, this.#replies.length(place), rcode, flags)) continue;
      this.#received.copyBytes(slot, tap.requestKept, tap.words, tap.requestAt);
      this.#replies.copyBytes(place, tap.replyKept, tap.words, tap.replyAt);
      tap.close(wants, Source.TABLE, 'udp', latency);
    }
    tap.publish();
  }

  #hand(slot: number, started: number): number {
    const stamp = (this.#offset + started) * 1000;
    const queued = this.#misses.put(this.#received, slot, this.#received.received(slot), stamp);
    this.#tally.miss(queued);
    return queued ? 1 : 0;
  }

  #wake(): void {
    Atomics.add(this.#signal, Signal.MISSES, 1);
    if (Atomics.load(this.#signal, Signal.WAITING) === 1) Atomics.notify(this.#signal, Signal.MISSES);
  }

  #send(replies: number, started: number): void {
    const failed = this.#trains.send(this.#parts.fd, replies, true);
    if (failed > 0) this.#tally.sendFailed(failed);
    this.#tally.took(this.#zones, replies, (performance.now() - started) * 1000);
    this.#tally.hits(replies);
  }
}

const worker = new UdpWorker(workerData as WorkerParts);
parentPort?.postMessage('up');
worker.run();
