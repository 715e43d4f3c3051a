// The thread that waits for replies of other servers in the main thread's stead, which has its event loop to wait in.
import { workerData } from 'node:worker_threads';
import { Readiness } from './syscalls.ts';
import { type WaiterParts, WaitSignal } from './waiting-signal.ts';

/** The longest that this thread hears nothing of being terminated, in milliseconds. */
const WAIT_MS = 100;

const { fd, signal: memory } = workerData as WaiterParts;
const signal = new Int32Array(memory);
const readiness = new Readiness(1, fd);

while (Atomics.load(signal, WaitSignal.STOP) === 0) {
  if (Atomics.load(signal, WaitSignal.ARMED) === 0) {
    Atomics.wait(signal, WaitSignal.ARMED, 0);
  } else if (readiness.wait(WAIT_MS) > 0) {
    // The main thread takes all there is, and looks again before it arms this thread again.
    Atomics.store(signal, WaitSignal.ARMED, 0);
    Atomics.add(signal, WaitSignal.READY, 1);
    Atomics.notify(signal, WaitSignal.READY);
  }
}
