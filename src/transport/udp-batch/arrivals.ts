// When sockets towards other servers have something to receive: the main thread is called, and never waits itself.
import { Worker } from 'node:worker_threads';
import type { TransportDeps } from '../deps.ts';
import { closeSocket, type Readiness } from './syscalls.ts';
import { type WaiterParts, WaitSignal, waitSignalMemory } from './waiting-signal.ts';

/** Pause before a thread that ended is replaced, in milliseconds. */
const REPLACE_AFTER_MS = 100;

/** The thread's file: beside this one, as source or as built. */
const WAITER = new URL(import.meta.url.endsWith('.ts') ? './waiter.ts' : './waiter.js', import.meta.url);

/** Takes what has arrived; whether there may be more, and it only gives others their turn. */
export type Take = () => boolean;

export class Arrivals {
  readonly #readiness: Readiness;
  readonly #take: Take;
  readonly #deps: Pick<TransportDeps, 'clock' | 'log'>;
  readonly #memory = waitSignalMemory();
  readonly #signal = new Int32Array(this.#memory);
  #worker: Worker | undefined;
  #ended: Promise<void> = Promise.resolve();
  #isClosing = false;

  /** `readiness` is closed with it. */
  constructor(readiness: Readiness, take: Take, deps: Pick<TransportDeps, 'clock' | 'log'>) {
    this.#readiness = readiness;
    this.#take = take;
    this.#deps = deps;
    this.#start();
    void this.#run();
  }

  /** It neither keeps the process alive nor is it in anybody's way while nothing arrives. */
  #start(): void {
    const workerData: WaiterParts = { fd: this.#readiness.fd, signal: this.#memory };
    const worker = new Worker(WAITER, { workerData });
    worker.unref();
    this.#worker = worker;
    worker.once('error', (error) =>
      this.#deps.log.error({ err: error }, 'the thread that waits for other servers failed'),
    );
    this.#ended = new Promise((resolve) => {
      worker.once('exit', () => {
        resolve();
        this.#replace();
      });
    });
  }

  #replace(): void {
    if (this.#isClosing) return;
    this.#deps.log.error({}, 'the thread that waits for other servers ended and is replaced');
    this.#deps.clock.after(REPLACE_AFTER_MS, () => {
      if (this.#isClosing) return;
      this.#start();
      // It may have ended between hearing of a socket and telling so.
      this.#wake();
    });
  }

  #wake(): void {
    Atomics.add(this.#signal, WaitSignal.READY, 1);
    Atomics.notify(this.#signal, WaitSignal.READY);
  }

  async #run(): Promise<void> {
    while (!this.#isClosing) {
      const seen = Atomics.load(this.#signal, WaitSignal.READY);
      if (this.#take()) {
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      Atomics.store(this.#signal, WaitSignal.ARMED, 1);
      Atomics.notify(this.#signal, WaitSignal.ARMED);
      const woken = Atomics.waitAsync(this.#signal, WaitSignal.READY, seen);
      if (woken.async) await woken.value;
    }
  }

  /** The thread, for tests of what happens when it dies. */
  get thread(): Worker | undefined {
    return this.#worker;
  }

  /** Resolves when the thread has ended. To be called once, when every socket is closed. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const interrupter = this.#readiness.interrupt();
    Atomics.store(this.#signal, WaitSignal.STOP, 1);
    Atomics.store(this.#signal, WaitSignal.ARMED, 1);
    Atomics.notify(this.#signal, WaitSignal.ARMED);
    this.#wake();
    // Waited for, it keeps the process alive.
    this.#worker?.ref();
    await this.#ended;
    closeSocket(interrupter);
    closeSocket(this.#readiness.fd);
  }
}
