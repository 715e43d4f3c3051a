// Records as writers make them, read back, for the tests of those who take them.
import { Source, TapRecord } from '../../src/tap/record.ts';
import { RingReader, ringMemory } from '../../src/tap/ring.ts';
import { Switch, switchesMemory } from '../../src/tap/switches.ts';
import { TapWriter } from '../../src/tap/writer.ts';
import { u16 } from '../../src/wire/bytes.ts';
import { Client } from '../../src/wire/client.ts';
import { Query } from '../../src/wire/query.ts';

export interface Reply {
  readonly wants: number;
  readonly client?: string;
  readonly port?: number;
  readonly request: Uint8Array;
  readonly reply: Uint8Array;
  readonly transport?: 'udp' | 'tcp';
  readonly source?: Source;
  readonly rcode?: number;
  readonly latencyUs?: number;
}

export class Notebook {
  readonly writer: TapWriter;
  readonly #reader: RingReader;
  readonly #record = new TapRecord();

  constructor() {
    const ring = ringMemory();
    const switches = switchesMemory();
    // Everything is wanted, with whatever bits a test gives.
    new Uint32Array(switches)[Switch.WANTS] = 7;
    this.writer = new TapWriter({ switches, ring }, 1);
    this.#reader = new RingReader(ring);
  }

  /** Writes a record, and reads it: valid until the next one. */
  note(reply: Reply): TapRecord {
    const { writer } = this;
    const client = new Client();
    client.setText(reply.client ?? '192.0.2.1');
    client.port = reply.port ?? 4711;
    const query = new Query();
    query.read(reply.request, reply.request.length);
    const { wants, request, rcode = 0 } = reply;
    writer.begin(performance.now());
    const flags = u16(reply.reply, 2);
    if (!writer.open(wants, client, query, request.length, reply.reply.length, rcode, flags))
      throw new Error('the ring is full');
    writer.bytes.set(request.subarray(0, writer.requestKept), writer.requestAt * 4);
    writer.bytes.set(reply.reply.subarray(0, writer.replyKept), writer.replyAt * 4);
    writer.close(wants, reply.source ?? Source.TABLE, reply.transport ?? 'udp', reply.latencyUs ?? 0);
    writer.publish();
    return this.next();
  }

  /** The next record that was written. */
  next(): TapRecord {
    this.#reader.release();
    this.#record.read(this.#reader.words, this.#reader.bytes, this.#reader.next());
    return this.#record;
  }
}
