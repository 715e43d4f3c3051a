// The service as a child of the announcer: started, sent signals, its exit status told as shells tell it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';

/** Exit statuses of shells for a command that is not there, and for one that cannot be run. */
const NOT_FOUND = 127;
const NOT_RUN = 126;
/** Of util-linux: the child gets this signal from the kernel when its parent dies (prctl(2), PR_SET_PDEATHSIG). */
const WITH_PARENT = ['setpriv', '--pdeathsig', 'TERM'];

export interface ChildEnd {
  /** 0..255; 128 and the number of the signal where one ended it. */
  readonly status: number;
  /** For people: `exit status 3`, `SIGKILL`, or why it was not started. */
  readonly how: string;
}

export class Child {
  readonly #process: ChildProcess;
  readonly ended: Promise<ChildEnd>;
  /** Whether it is ended when we are, however that happens. */
  readonly endsWithUs: boolean;

  /** Starts it with our own input and output, in a session of its own: what a terminal sends reaches us alone. */
  constructor([command = '', ...args]: readonly string[]) {
    const [setpriv = '', ...withParent] = WITH_PARENT;
    this.endsWithUs =
      process.platform === 'linux' && spawnSync(setpriv, [...withParent, 'true']).status === 0;
    const started: readonly [string, readonly string[]] = this.endsWithUs
      ? [setpriv, [...withParent, '--', command, ...args]]
      : [command, args];
    this.#process = spawn(...started, { stdio: 'inherit', detached: true });
    this.ended = endOf(this.#process);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }
}

function endOf(child: ChildProcess): Promise<ChildEnd> {
  return new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return; // a signal that did not reach it
      resolve({ status: error.code === 'ENOENT' ? NOT_FOUND : NOT_RUN, how: error.message });
    });
    child.once('exit', (code, signal) => {
      if (signal === null) resolve({ status: code ?? NOT_RUN, how: `exit status ${code}` });
      else resolve({ status: 128 + constants.signals[signal], how: signal });
    });
  });
}
