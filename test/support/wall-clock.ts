// A wall clock that a test sets for one program, by Debian's libfaketime; the monotonic clock goes on as it is.
import { globSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LIBFAKETIME = '/usr/lib/*/faketime/libfaketime.so.1';

export class WallClock {
  readonly #file: string;

  /** `folder`: where it keeps what it is set to. */
  constructor(folder: string) {
    this.#file = join(folder, 'wall-clock');
    this.set('+0');
  }

  /** What a program must find in its environment to see it. */
  get env(): Readonly<Record<string, string>> {
    const [library] = globSync(LIBFAKETIME);
    if (library === undefined) throw new Error(`${LIBFAKETIME} is missing`);
    return {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
  }

  /** Sets it off from the true one: `+2d`, `-1h`. It jumps at once. */
  set(offset: string): void {
    writeFileSync(`${this.#file}.new`, offset);
    renameSync(`${this.#file}.new`, this.#file); // it is read at any moment
  }
}
