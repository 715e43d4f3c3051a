// The signals of a long-running command: stop, stop at once, read the configuration again.
import { constants } from 'node:os';

export interface SignalActions {
  /** SIGTERM or SIGINT, the first time. */
  readonly stop: (signal: NodeJS.Signals) => void;
  /** SIGHUP. */
  readonly reload: () => void;
}

/** A second SIGTERM or SIGINT ends the process where it stands, with the exit code that shells give such an end. */
function onStop(actions: SignalActions): (signal: NodeJS.Signals) => void {
  let stopping = false;
  return (signal) => {
    if (stopping) process.exit(128 + constants.signals[signal]);
    stopping = true;
    actions.stop(signal);
  };
}

export function listenForSignals(actions: SignalActions): void {
  const stop = onStop(actions);
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', actions.reload);
}
