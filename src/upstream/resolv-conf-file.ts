// The servers of a resolv.conf file, followed as the file changes.
import { readFile } from 'node:fs/promises';
import type { Cancel, Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { addressText } from '../wire/address.ts';
import type { ServerAddress } from './deps.ts';
import { isOwnListener, parseResolvConf } from './resolv-conf.ts';

export const RESOLV_CONF = '/etc/resolv.conf';

/**
 * How often the file is looked at, in milliseconds. It is read, not watched: it is small, and often a link, a mount or
 * a file that is replaced, of which a watch would not tell.
 */
const EVERY_MS = 2000;

export interface ResolvConfFileOptions {
  readonly path: string;
  /** Where we listen ourselves; asked at every change. */
  readonly listeners: () => readonly ServerAddress[];
  /** Takes the servers, perhaps none, at first and when they have changed. */
  readonly replace: (servers: readonly ServerAddress[]) => void;
}

/** What the file says; the problem, where it names nobody to ask. */
interface Reading {
  readonly servers: readonly ServerAddress[];
  readonly problem?: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

export class ResolvConfFile {
  readonly #options: ResolvConfFileOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** What was taken last, as text. */
  #taken: string | undefined;
  /** The file named nobody when it was looked at last. */
  #wasEmpty = false;
  #isOpen = true;
  #cancelNext: Cancel = () => {};

  constructor(options: ResolvConfFileOptions, deps: { readonly clock: Clock; readonly log: Logger }) {
    this.#options = options;
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  /** Reads it, and from now on again and again. Resolves when the servers were taken; never rejects. */
  async start(): Promise<void> {
    const reading = await this.#read();
    if (!this.#isOpen) return;
    this.#take(reading);
    this.#cancelNext = this.#clock.after(EVERY_MS, () => void this.#look());
  }

  close(): void {
    this.#isOpen = false;
    this.#cancelNext();
  }

  async #look(): Promise<void> {
    const reading = await this.#read();
    if (!this.#isOpen) return;
    const isEmpty = reading.problem !== undefined;
    // Empty or gone, it may just be being written: that counts when it stays so.
    if (!isEmpty || this.#wasEmpty) this.#take(reading);
    this.#wasEmpty = isEmpty;
    this.#cancelNext = this.#clock.after(EVERY_MS, () => void this.#look());
  }

  async #read(): Promise<Reading> {
    try {
      return this.#readingOf(await readFile(this.#options.path, 'utf8'));
    } catch (error) {
      return { servers: [], problem: `it cannot be read: ${messageOf(error)}` };
    }
  }

  #readingOf(text: string): Reading {
    const { servers: all, unusable } = parseResolvConf(text);
    const listeners = this.#options.listeners();
    const servers = all.filter((server) => !isOwnListener(server, listeners));
    const ours = all.filter((server) => !servers.includes(server)).map(addressText);
    const fields = {
      ...(ours.length > 0 ? { ours } : {}),
      ...(unusable.length > 0 ? { unusable } : {}),
    };
    if (servers.length > 0) return { servers, fields };
    return { servers, fields, problem: ours.length > 0 ? 'it names only this server' : 'it names no server' };
  }

  #take({ servers, problem, fields = {} }: Reading): void {
    const addresses = servers.map(addressText);
    const taken = JSON.stringify([addresses, problem, fields]);
    if (taken === this.#taken) return;
    this.#taken = taken;
    const { path, replace } = this.#options;
    if (problem === undefined) {
      this.#log.info({ path, servers: addresses, ...fields }, 'forwarding to the servers of the file');
    } else {
      this.#log.warn({ path, problem, ...fields }, 'no server to forward to: names outside the zones fail');
    }
    replace(servers);
  }
}
