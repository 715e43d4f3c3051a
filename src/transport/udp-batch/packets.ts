// Memory of one batch of datagrams, laid out once: mmsghdr and iovec arrays, addresses, control data, bytes in and out.
import { u16 } from '../../wire/bytes.ts';
import type { Client } from '../../wire/client.ts';
import { ADDRESS_SIZE, CONTROL_SIZE, copyWords, HEADER_SIZE, Header, IOV_SIZE } from './message-layout.ts';
import { AF_INET, pinnedMemory } from './syscalls.ts';

/** Datagrams taken by one system call. */
export const BATCH = 64;
/** A query longer than this is cut off by the system and is answered as malformed. */
export const REQUEST_SIZE = 1232;
export const REPLY_SIZE = 1232;

const IPPROTO_IP = 0;
const IP_PKTINFO = 8;
const IPV6_PKTINFO = 50;

/** One direction: `count` slots, each with header, iovec, address, control data and bytes. */
export class Packets {
  /** Address of the mmsghdr array. */
  readonly headers: bigint;
  /** The memory as bytes; a slot's packet begins at `start(slot)`. */
  readonly bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #size: number;
  readonly #names: number;
  readonly #controls: number;
  readonly #iovs: number;
  readonly #data: number;
  readonly #views: readonly Uint8Array[];

  constructor(count: number, size: number) {
    this.#size = size;
    this.#iovs = count * HEADER_SIZE;
    this.#names = this.#iovs + count * IOV_SIZE;
    this.#controls = this.#names + count * ADDRESS_SIZE;
    this.#data = this.#controls + count * CONTROL_SIZE;
    const { memory, address } = pinnedMemory(this.#data + count * size);
    this.headers = address;
    this.bytes = new Uint8Array(memory);
    this.#words = new Int32Array(memory);
    this.#views = Array.from({ length: count }, (_, slot) =>
      this.bytes.subarray(this.start(slot), this.start(slot) + size),
    );
    const longs = new BigUint64Array(memory, 0, (this.#iovs + count * IOV_SIZE) / 8);
    for (let slot = 0; slot < count; slot++) this.#layOut(longs, address, slot);
  }

  #layOut(longs: BigUint64Array, address: bigint, slot: number): void {
    const header = (slot * HEADER_SIZE) / 8;
    const iov = (this.#iovs + slot * IOV_SIZE) / 8;
    longs[header + Header.NAME / 8] = address + BigInt(this.#names + slot * ADDRESS_SIZE);
    longs[header + Header.IOV / 8] = address + BigInt(iov * 8);
    longs[header + Header.IOV_COUNT / 8] = 1n;
    longs[header + Header.CONTROL / 8] = address + BigInt(this.#controls + slot * CONTROL_SIZE);
    longs[iov] = address + BigInt(this.start(slot));
    longs[iov + 1] = BigInt(this.#size);
  }

  /** Where a slot's packet begins in `bytes`. */
  start(slot: number): number {
    return this.#data + slot * this.#size;
  }

  /** A slot's packet memory. */
  view(slot: number): Uint8Array {
    return this.#views[slot] as Uint8Array;
  }

  /** Address of the headers from `slot` on. */
  headersFrom(slot: number): bigint {
    // A batch that goes out whole, as nearly all do, takes the address that is there already.
    return slot === 0 ? this.headers : this.headers + BigInt(slot * HEADER_SIZE);
  }

  #header(slot: number, field: number): number {
    return (slot * HEADER_SIZE + field) >> 2;
  }

  /** Makes a slot ready to receive: the system overwrites these lengths each time. */
  arm(slot: number): void {
    this.#words[this.#header(slot, Header.NAME_LENGTH)] = ADDRESS_SIZE;
    this.#words[this.#header(slot, Header.CONTROL_LENGTH)] = CONTROL_SIZE;
  }

  /** Bytes that a slot received. */
  received(slot: number): number {
    return this.#words[this.#header(slot, Header.LENGTH)] as number;
  }

  /** Sets `client` to whoever sent a slot (struct sockaddr_in, ip(7), or sockaddr_in6, ipv6(7)). */
  readClient(slot: number, client: Client): void {
    const name = this.#names + slot * ADDRESS_SIZE;
    if (((this.#words[name >> 2] as number) & 0xffff) === AF_INET) client.setIpv4(this.bytes, name + 4);
    else client.setIpv6(this.bytes, name + 8);
  }

  /** The port of whoever sent a slot. */
  portOf(slot: number): number {
    return u16(this.bytes, this.#names + slot * ADDRESS_SIZE + 2);
  }

  /** Copies the first `length` bytes of a slot's packet to word `place` of `to`. */
  copyBytes(slot: number, length: number, to: Int32Array, place: number): void {
    copyWords(this.#words, this.start(slot) >> 2, to, place, (length + 3) >> 2);
  }

  /** Sets how many bytes a slot sends. */
  setLength(slot: number, length: number): void {
    this.#words[(this.#iovs + slot * IOV_SIZE + 8) >> 2] = length;
  }

  /** How many bytes a slot sends. */
  length(slot: number): number {
    return this.#words[(this.#iovs + slot * IOV_SIZE + 8) >> 2] as number;
  }

  /** A hash of length, port and address: equal for slots that `goAlike`. */
  flow(slot: number): number {
    const name = (this.#names + slot * ADDRESS_SIZE) >> 2;
    // Port and IPv4 address, or port and the last word of an IPv6 address.
    const mixed =
      (this.#words[name] as number) ^
      Math.imul((this.#words[name + 1] as number) ^ (this.#words[name + 5] as number), 0x9e3779b1) ^
      Math.imul(this.length(slot), 0x85ebca6b);
    return mixed ^ (mixed >>> 8) ^ (mixed >>> 16) ^ (mixed >>> 24);
  }

  /** Whether two slots send as many bytes as each other, to the same client and from the same address. */
  goAlike(one: number, other: number): boolean {
    return (
      this.length(one) === this.length(other) &&
      this.#isEqual(one, other, Header.NAME_LENGTH, this.#names, ADDRESS_SIZE) &&
      this.#isEqual(one, other, Header.CONTROL_LENGTH, this.#controls, CONTROL_SIZE)
    );
  }

  /** Whether two slots have the same bytes in an area of `size` bytes a slot, used as far as the header's `field` says. */
  #isEqual(one: number, other: number, field: number, area: number, size: number): boolean {
    const words = this.#words;
    const length = words[this.#header(one, field)] as number;
    if (words[this.#header(other, field)] !== length) return false;
    const [a, b] = [(area + one * size) >> 2, (area + other * size) >> 2];
    for (let word = 0; word < length >> 2; word++) if (words[a + word] !== words[b + word]) return false;
    return true;
  }

  /** Copies a slot's mmsghdr to word `place` of `to`. */
  copyHeader(slot: number, to: Int32Array, place: number): void {
    copyWords(this.#words, this.#header(slot, 0), to, place, HEADER_SIZE >> 2);
  }

  /** Copies a slot's iovec, its address and length of the bytes to send. */
  copyIov(slot: number, to: Int32Array, place: number): void {
    copyWords(this.#words, (this.#iovs + slot * IOV_SIZE) >> 2, to, place, IOV_SIZE >> 2);
  }

  /** Copies a slot's control data; how many bytes. */
  copyControl(slot: number, to: Int32Array, place: number): number {
    const length = this.#words[this.#header(slot, Header.CONTROL_LENGTH)] as number;
    copyWords(this.#words, (this.#controls + slot * CONTROL_SIZE) >> 2, to, place, length >> 2);
    return length;
  }

  /** Addresses slot `slot` to whoever sent slot `from` of `received`, from the address that was asked. */
  addressTo(slot: number, received: Packets, from: number, packetInfo: boolean): void {
    copyWords(
      received.#words,
      (received.#names + from * ADDRESS_SIZE) >> 2,
      this.#words,
      (this.#names + slot * ADDRESS_SIZE) >> 2,
      ADDRESS_SIZE >> 2,
    );
    this.#words[this.#header(slot, Header.NAME_LENGTH)] = received.#words[
      received.#header(from, Header.NAME_LENGTH)
    ] as number;
    this.#words[this.#header(slot, Header.CONTROL_LENGTH)] = packetInfo
      ? this.#echoControl(slot, received, from)
      : 0;
  }

  /** Copies the packet's own address; the interface is left to routing, as a reply may have to leave elsewhere. */
  #echoControl(slot: number, received: Packets, from: number): number {
    const source = (received.#controls + from * CONTROL_SIZE) >> 2;
    const target = (this.#controls + slot * CONTROL_SIZE) >> 2;
    const length = received.#words[received.#header(from, Header.CONTROL_LENGTH)] as number;
    copyWords(received.#words, source, this.#words, target, CONTROL_SIZE >> 2);
    const level = this.#words[target + 2];
    const type = this.#words[target + 3];
    // in_pktinfo begins with the interface (ip(7)); in6_pktinfo ends with it, and link-local addresses need it (RFC 3542 6).
    if (level === IPPROTO_IP && type === IP_PKTINFO) this.#words[target + 4] = 0;
    else if (type === IPV6_PKTINFO && !this.#isLinkLocal(target + 4)) this.#words[target + 8] = 0;
    return length;
  }

  #isLinkLocal(word: number): boolean {
    return this.bytes[word * 4] === 0xfe && ((this.bytes[word * 4 + 1] ?? 0) & 0xc0) === 0x80;
  }

  /**
   * Copies a slot's address, control data and first `length` bytes out, for someone else to answer: COPIED_HEAD bytes and
   * those, rounded up to words, from word `place` of `to` on.
   */
  copyOut(slot: number, length: number, to: Int32Array, place: number): void {
    const words = this.#words;
    to[place] = length;
    to[place + 1] = words[this.#header(slot, Header.NAME_LENGTH)] as number;
    to[place + 2] = words[this.#header(slot, Header.CONTROL_LENGTH)] as number;
    copyWords(words, (this.#names + slot * ADDRESS_SIZE) >> 2, to, place + NAME_WORD, ADDRESS_SIZE >> 2);
    copyWords(
      words,
      (this.#controls + slot * CONTROL_SIZE) >> 2,
      to,
      place + CONTROL_WORD,
      CONTROL_SIZE >> 2,
    );
    copyWords(words, this.start(slot) >> 2, to, place + (COPIED_HEAD >> 2), (length + 3) >> 2);
  }

  /** The reverse of `copyOut`, into a slot as if it had been received; its length. */
  copyIn(slot: number, from: Int32Array, place: number): number {
    const words = this.#words;
    const length = from[place] as number;
    words[this.#header(slot, Header.NAME_LENGTH)] = from[place + 1] as number;
    words[this.#header(slot, Header.CONTROL_LENGTH)] = from[place + 2] as number;
    copyWords(from, place + NAME_WORD, words, (this.#names + slot * ADDRESS_SIZE) >> 2, ADDRESS_SIZE >> 2);
    copyWords(
      from,
      place + CONTROL_WORD,
      words,
      (this.#controls + slot * CONTROL_SIZE) >> 2,
      CONTROL_SIZE >> 2,
    );
    copyWords(from, place + (COPIED_HEAD >> 2), words, this.start(slot) >> 2, (length + 3) >> 2);
    return length;
  }
}

/** Where `copyOut` puts them, in words; before them are the lengths of bytes, address and control data. */
const NAME_WORD = 3;
const CONTROL_WORD = NAME_WORD + (ADDRESS_SIZE >> 2);
/** What `copyOut` takes beside the packet's bytes, in bytes. */
export const COPIED_HEAD = 12 + ADDRESS_SIZE + CONTROL_SIZE;
