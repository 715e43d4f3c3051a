// dnstap: every question and reply, and what goes to other servers and comes from them, as frames for one reader.
import type { Counter } from '../base/counters.ts';
import { DnstapEncoder } from './dnstap-message.ts';
import { FrameSender, type SenderParts } from './frame-sender.ts';
import { Kind, type TapRecord } from './record.ts';
import { Lost, Want } from './switches.ts';
import type { Observer, Tap } from './tap.ts';

const CONTENT_TYPE = 'protobuf:dnstap.Dnstap';
/** Frames that leave together, in bytes. */
const CHUNK = 64 * 1024;

export interface DnstapParts extends Omit<SenderParts, 'contentType' | 'changed'> {
  readonly tap: Tap;
  /** Who we are, in every message. */
  readonly identity: string;
  readonly version: string;
  readonly messages: Counter;
  /** Messages that nobody got: no reader, one that is too slow, or a full ring. */
  readonly lost: Counter;
}

export class Dnstap implements Observer {
  readonly want = Want.DNSTAP;
  readonly #tap: Tap;
  readonly #sender: FrameSender;
  readonly #encoder: DnstapEncoder;
  readonly #messages: Counter;
  readonly #lost: Counter;
  /** Of the rings' losses, those that are counted. */
  #known: number;
  readonly #out: Buffer;
  #length = 0;

  /** Begins at once, and waits for a reader as long as it takes. */
  constructor({ tap, identity, version, messages, lost, ...parts }: DnstapParts) {
    this.#tap = tap;
    this.#messages = messages;
    this.#lost = lost;
    this.#known = tap.lost(Lost.DNSTAP);
    this.#encoder = new DnstapEncoder(identity, version);
    this.#out = Buffer.alloc(CHUNK + 2 * (4 + this.#encoder.most));
    const changed = (isThere: boolean) => tap.setDeaf(!isThere);
    tap.setDeaf(true);
    tap.attach(this);
    this.#sender = new FrameSender({ ...parts, contentType: CONTENT_TYPE, changed });
  }

  take(record: TapRecord): void {
    const { kind } = record;
    const messages = kind === Kind.CLIENT ? 2 : 1;
    if (!this.#sender.hasRoom) {
      this.#lost.inc(messages);
      return;
    }
    this.#messages.inc(messages);
    if (kind !== Kind.FORWARDER_RESPONSE) this.#put(this.#encoder.encode(record, false));
    if (kind !== Kind.FORWARDER_QUERY) this.#put(this.#encoder.encode(record, true));
    if (this.#length >= CHUNK) this.flush();
  }

  #put(message: Uint8Array): void {
    this.#out.writeUInt32BE(message.length, this.#length);
    this.#out.set(message, this.#length + 4);
    this.#length += 4 + message.length;
  }

  flush(): void {
    const lost = this.#tap.lost(Lost.DNSTAP);
    if (lost > this.#known) this.#lost.inc(lost - this.#known);
    this.#known = lost;
    if (this.#length === 0) return;
    this.#sender.send(Uint8Array.prototype.slice.call(this.#out, 0, this.#length));
    this.#length = 0;
  }

  /** Sends what there is, and ends. Never rejects. */
  async close(): Promise<void> {
    this.#tap.detach(this);
    await this.#sender.close();
  }
}
