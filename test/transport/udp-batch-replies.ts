// Replies for tests of how they leave: to whom, from which address, with which text.
import { ADDRESS_SIZE } from '../../src/transport/udp-batch/message-layout.ts';
import { COPIED_HEAD, Packets, REPLY_SIZE } from '../../src/transport/udp-batch/packets.ts';

/** A reply: its text, and where it goes from where. */
export interface Reply {
  readonly to: Buffer;
  readonly control: Buffer;
  readonly text: string;
}

export function ipv4(last: number, port: number): Buffer {
  const name = Buffer.alloc(16);
  name.writeUInt16LE(2, 0);
  name.writeUInt16BE(port, 2);
  name.set([10, 0, 0, last], 4);
  return name;
}

export function ipv6(last: number, port: number): Buffer {
  const name = Buffer.alloc(28);
  name.writeUInt16LE(10, 0);
  name.writeUInt16BE(port, 2);
  name.set([0xfd, 0, ...Array(13).fill(0), last], 8);
  return name;
}

export const NO_CONTROL = Buffer.alloc(0);

/** in_pktinfo without an interface, as an echoed one is (ip(7)). */
export function packetInfo4(last: number): Buffer {
  const control = Buffer.alloc(32);
  control.writeBigUInt64LE(28n, 0);
  control.writeUInt32LE(0, 8);
  control.writeUInt32LE(8, 12);
  control.set([127, 0, 0, last, 127, 0, 0, last], 20);
  return control;
}

export function packetInfo6(last: number): Buffer {
  const control = Buffer.alloc(40);
  control.writeBigUInt64LE(36n, 0);
  control.writeUInt32LE(41, 8);
  control.writeUInt32LE(50, 12);
  control.set([0xfd, 0, ...Array(13).fill(0), last], 16);
  return control;
}

/** Puts replies into the slots, each addressed to where a query of its client came from. */
export function fill(replies: Packets, all: readonly Reply[]): void {
  const received = new Packets(all.length, REPLY_SIZE);
  for (const [slot, { to, control, text }] of all.entries()) {
    const memory = new Uint8Array(COPIED_HEAD);
    new Int32Array(memory.buffer, 0, 3).set([0, to.length, control.length]);
    memory.set(to, 12);
    memory.set(control, 12 + ADDRESS_SIZE);
    received.copyIn(slot, new Int32Array(memory.buffer), 0);
    replies.view(slot).set(Buffer.from(text, 'latin1'));
    replies.setLength(slot, text.length);
    replies.addressTo(slot, received, slot, control.length > 0);
  }
}
