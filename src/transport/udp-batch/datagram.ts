// Memory of one datagram after the other, of many sockets, that system calls receive into or send from.
import { at } from '../../wire/bytes.ts';
import { pinnedMemory, receiveOne, sendOne } from './syscalls.ts';

/** Datagrams are seldom longer: what is asked of other servers to keep to. */
const MOST_USUAL = 1232;

export class Datagram {
  readonly #bytes: Uint8Array;
  /** By length, those that were needed: nearly all datagrams have one of few lengths. */
  readonly #views: (Uint8Array | undefined)[] = [];
  readonly #address: number;

  constructor(size: number) {
    const { memory, address } = pinnedMemory(size);
    this.#bytes = new Uint8Array(memory);
    // No address of a process is above 2 ** 48, and a number takes no memory where a bigint does.
    this.#address = Number(address);
  }

  /** Takes one datagram from a socket; its length, or -1 (see errno). */
  receive(fd: number): number {
    return receiveOne(fd, this.#address, this.#bytes.length);
  }

  /**
   * Sends a datagram; false where it fails (see errno). To hand the packet itself to the system call takes longer than to
   * copy it.
   */
  send(fd: number, packet: Uint8Array): boolean {
    const { length } = packet;
    if (length > MOST_USUAL) this.#bytes.set(packet);
    else for (let i = 0; i < length; i++) this.#bytes[i] = at(packet, i);
    return sendOne(fd, this.#address, length);
  }

  /** What was received, `length` bytes, until the next datagram is. */
  view(length: number): Uint8Array {
    const known = this.#views[length];
    if (known !== undefined) return known;
    const view = this.#bytes.subarray(0, length);
    if (length <= MOST_USUAL) this.#views[length] = view;
    return view;
  }
}
