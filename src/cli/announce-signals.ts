// The signals of `fingerpost announce`: what asks for its end, and what is passed on to the command that it runs.
import { constants } from 'node:os';

const STOP = ['SIGTERM', 'SIGINT'] as const;
const PASSED = ['SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const;

export class AnnounceSignals {
  readonly #stopped = Promise.withResolvers<NodeJS.Signals>();
  readonly #hurried = Promise.withResolvers<NodeJS.Signals>();
  readonly #hasCommand: boolean;
  #passTo: (signal: NodeJS.Signals) => void = () => {};
  #isStopping = false;

  /** Without a command SIGHUP asks for the end as well, and a second signal ends the process where it stands. */
  constructor(hasCommand: boolean) {
    this.#hasCommand = hasCommand;
    for (const signal of STOP) process.on(signal, this.#stop);
    if (!hasCommand) process.on('SIGHUP', this.#stop);
    else for (const signal of PASSED) process.on(signal, this.#pass);
  }

  get stopped(): Promise<NodeJS.Signals> {
    return this.#stopped.promise;
  }

  get hurried(): Promise<NodeJS.Signals> {
    return this.#hurried.promise;
  }

  /** From now on the command is sent what is for it: all but the first signal that asks for the end. */
  passTo(send: (signal: NodeJS.Signals) => void): void {
    this.#passTo = send;
  }

  close(): void {
    for (const signal of [...STOP, ...PASSED]) process.off(signal, this.#stop).off(signal, this.#pass);
  }

  readonly #pass = (signal: NodeJS.Signals): void => this.#passTo(signal);

  readonly #stop = (signal: NodeJS.Signals): void => {
    if (!this.#isStopping) {
      this.#isStopping = true;
      this.#stopped.resolve(signal);
      return;
    }
    if (!this.#hasCommand) process.exit(128 + constants.signals[signal]);
    this.#hurried.resolve(signal);
    this.#passTo(signal);
  };
}
