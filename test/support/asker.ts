// Someone who asks, without a socket: what a responder is told, and the replies that come to it later.
import type { Asker } from '../../src/query/responder.ts';
import { Client } from '../../src/wire/client.ts';
import type { Transport } from '../../src/wire/query.ts';

export class TestAsker implements Asker {
  readonly transport: Transport;
  readonly client = new Client();
  /** Copies of the replies that came later, in order. */
  readonly replies: Buffer[] = [];

  constructor(transport: Transport = 'udp', address = '192.0.2.1') {
    this.transport = transport;
    this.client.setText(address);
  }

  later(): (reply: Uint8Array) => void {
    return (reply) => void this.replies.push(Buffer.from(reply));
  }
}
