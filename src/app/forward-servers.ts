// The servers of --forward: those that are given, and those of resolv.conf where that is among them.
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { ServerAddress } from '../upstream/deps.ts';
import type { Forwarder } from '../upstream/forwarder.ts';
import type { ServerGroup } from '../upstream/group.ts';
import { RESOLV_CONF, ResolvConfFile } from '../upstream/resolv-conf-file.ts';
import { addressText } from '../wire/address.ts';
import type { Options } from './config.ts';

export interface ForwardServersParts {
  readonly forwarder: Forwarder;
  readonly log: Logger;
  readonly clock: Clock;
  /** There are others to ask from now on, or nobody. */
  readonly changed: () => void;
}

export class ForwardServers {
  readonly #parts: ForwardServersParts;
  #given: readonly ServerAddress[] = [];
  #found: readonly ServerAddress[] = [];
  #group: ServerGroup | undefined;
  /** The servers as they are, and as they were when there were any. */
  #now = '';
  #last = '';
  #file: ResolvConfFile | undefined;
  /** Where we listen ourselves; undefined while the ports are not open. */
  #listeners: readonly ServerAddress[] | undefined;

  constructor(parts: ForwardServersParts) {
    this.#parts = parts;
  }

  /** Whom to ask; undefined where forwarding is off. It may have no members: then every question fails. */
  get group(): ServerGroup | undefined {
    return this.#group;
  }

  /** Takes these from now on; undefined turns forwarding off. */
  configure(targets: Options['forward']): void {
    this.#given = (targets ?? []).filter((target) => target !== 'resolv.conf');
    if (targets?.includes('resolv.conf') === true) this.#openFile();
    else this.#closeFile();
    if (targets === undefined) this.#turnOff();
    else this.#replace();
  }

  /** Our own ports are open. Resolves when resolv.conf was read, where that is asked for; never rejects. */
  async start(listeners: readonly ServerAddress[]): Promise<void> {
    this.#listeners = listeners;
    await this.#file?.start();
  }

  /** Until it is configured again. */
  close(): void {
    this.#closeFile();
    this.#listeners = undefined;
    this.#turnOff();
  }

  #openFile(): void {
    if (this.#file !== undefined) return;
    const replace = (servers: readonly ServerAddress[]): void => {
      this.#found = servers;
      this.#replace();
    };
    const listeners = () => this.#listeners ?? [];
    this.#file = new ResolvConfFile({ path: RESOLV_CONF, listeners, replace }, this.#parts);
    // Before the ports are open it is not known which of its servers are ourselves.
    if (this.#listeners !== undefined) void this.#file.start();
  }

  #closeFile(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#found = [];
  }

  #turnOff(): void {
    if (this.#group === undefined) return;
    this.#parts.forwarder.dissolve(this.#group);
    this.#group = undefined;
    this.#now = '';
    this.#parts.changed();
  }

  #replace(): void {
    const addresses = [...this.#given, ...this.#found];
    const isNew = this.#group === undefined;
    if (this.#group === undefined) this.#group = this.#parts.forwarder.group({ name: 'forward' }, addresses);
    else if (textOf(addresses) !== this.#now) this.#group.replace(addresses);
    this.#now = textOf(addresses);
    // While nobody is there, what the last ones said is better than nothing, and when they are back it holds again.
    const areOthers = addresses.length > 0 && this.#now !== this.#last;
    if (areOthers) this.#last = this.#now;
    if (isNew || areOthers) this.#parts.changed();
  }
}

/** In whatever order they are given. */
function textOf(addresses: readonly ServerAddress[]): string {
  return [...new Set(addresses.map(addressText))].sort().join(' ');
}
