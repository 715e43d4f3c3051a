// Replies of one length that go to the same client from the same address leave as one message, a train: the system cuts
// it into datagrams again behind its routing (UDP_SEGMENT, udp(7)), so that they cross the stack once and not one by one.
import { CONTROL_SIZE, HEADER_SIZE, Header, IOV_SIZE } from './message-layout.ts';
import { Patience, sendSlots, Then } from './outbox.ts';
import type { Packets } from './packets.ts';
import { canSegment, Errno, errno, IPPROTO_UDP, pinnedMemory, send, UDP_SEGMENT } from './syscalls.ts';

/** The most datagrams of one message (UDP_MAX_SEGMENTS in linux/udp.h), and the most bytes: an IPv4 packet's, less its heads. */
const MAX_CARS = 64;
const MAX_BYTES = 65_000;

/** struct cmsghdr and 16 bits of data, and what it takes with its padding. */
const SEGMENT_LENGTH = 18;
const SEGMENT_SPACE = 24;
/** Control data of a train: that of its replies, then the length to cut at. */
const CONTROLS_SIZE = CONTROL_SIZE + SEGMENT_SPACE;

/** Hash buckets: a power of two, and several for each reply of a batch. */
const BUCKETS = 256;
const NONE = -1;

/** Sends the replies that stand in `packets`. One for each thread: its memory is laid out once. */
export class Trains {
  readonly #packets: Packets;
  readonly #patience = new Patience();
  /** mmsghdr of each train, then iovecs, then control data. */
  readonly #address: bigint;
  readonly #words: Int32Array;
  readonly #iovs: number;
  readonly #controls: number;
  /** Low and high words of the address of each iovec and of each train's control data. */
  readonly #iovAddresses: Int32Array;
  readonly #controlAddresses: Int32Array;
  /** By bucket: the newest train whose replies hash there. */
  readonly #buckets = new Int16Array(BUCKETS);
  /** By train: the train before it in its bucket, its first and last reply, how many it has. */
  readonly #older: Int16Array;
  readonly #first: Int16Array;
  readonly #last: Int16Array;
  readonly #cars: Int16Array;
  /** By reply: the next one in its train. */
  readonly #next: Int16Array;
  #count = 0;
  /** Whether the system cuts trains into datagrams; undefined until the first one. */
  #cuts: boolean | undefined;

  /** `packets` has `count` slots. */
  constructor(packets: Packets, count: number) {
    this.#packets = packets;
    this.#iovs = count * HEADER_SIZE;
    this.#controls = this.#iovs + count * IOV_SIZE;
    const { memory, address } = pinnedMemory(this.#controls + count * CONTROLS_SIZE);
    this.#address = address;
    this.#words = new Int32Array(memory);
    this.#iovAddresses = addressWords(count, address + BigInt(this.#iovs), IOV_SIZE);
    this.#controlAddresses = addressWords(count, address + BigInt(this.#controls), CONTROLS_SIZE);
    this.#older = new Int16Array(count);
    this.#first = new Int16Array(count);
    this.#last = new Int16Array(count);
    this.#cars = new Int16Array(count);
    this.#next = new Int16Array(count);
  }

  /**
   * Sends the first `count` slots over `fd`; how many could not be sent. With `wait` a full buffer is waited for,
   * without it what does not fit is given up at once.
   */
  send(fd: number, count: number, wait: boolean): number {
    this.#patience.begin(wait);
    if (count > 1 && this.#cuts !== false) {
      this.#couple(count);
      if (this.#count < count && this.#canCut(fd)) return this.#sendTrains(fd);
    }
    return sendSlots(fd, this.#packets, 0, count, this.#patience);
  }

  #canCut(fd: number): boolean {
    this.#cuts ??= canSegment(fd);
    return this.#cuts;
  }

  #sendTrains(fd: number): number {
    this.#layOut();
    const patience = this.#patience;
    let failed = 0;
    for (let train = 0; train < this.#count; ) {
      // A batch that goes out whole, as nearly all do, takes the address that is there already.
      const headers = train === 0 ? this.#address : this.#address + BigInt(train * HEADER_SIZE);
      const sent = send(fd, headers, this.#count - train, patience.waits);
      if (sent > 0) {
        train += sent;
        continue;
      }
      const error = errno();
      const then = patience.judge(error);
      if (then === Then.AGAIN) continue;
      if (then === Then.GIVE_UP) return failed + this.#carsFrom(train);
      // The way out cannot cut at all, as with IPsec; any other refusal is about this client or this length.
      if (error === Errno.EIO) this.#cuts = false;
      failed += this.#sendCars(fd, train);
      train++;
    }
    return failed;
  }

  /** Replies in the trains from `train` on. */
  #carsFrom(train: number): number {
    let cars = 0;
    for (let i = train; i < this.#count; i++) cars += this.#cars[i] as number;
    return cars;
  }

  /** Each reply of a train by itself. */
  #sendCars(fd: number, train: number): number {
    let failed = 0;
    for (let slot = this.#first[train] as number; slot !== NONE; slot = this.#next[slot] as number)
      failed += sendSlots(fd, this.#packets, slot, 1, this.#patience);
    return failed;
  }

  /** Puts each reply into a train, in the order in which they stand. */
  #couple(count: number): void {
    this.#buckets.fill(NONE);
    this.#count = 0;
    for (let slot = 0; slot < count; slot++) {
      const bucket = this.#packets.flow(slot) & (BUCKETS - 1);
      let train = this.#buckets[bucket] as number;
      while (train !== NONE && !this.#takes(train, slot)) train = this.#older[train] as number;
      if (train === NONE) train = this.#begin(bucket, slot);
      else this.#next[this.#last[train] as number] = slot;
      this.#last[train] = slot;
      this.#cars[train] = (this.#cars[train] as number) + 1;
      this.#next[slot] = NONE;
    }
  }

  #begin(bucket: number, slot: number): number {
    const train = this.#count++;
    this.#older[train] = this.#buckets[bucket] as number;
    this.#buckets[bucket] = train;
    this.#first[train] = slot;
    this.#cars[train] = 0;
    return train;
  }

  #takes(train: number, slot: number): boolean {
    const cars = this.#cars[train] as number;
    return (
      cars < MAX_CARS &&
      (cars + 1) * this.#packets.length(slot) <= MAX_BYTES &&
      this.#packets.goAlike(this.#first[train] as number, slot)
    );
  }

  #layOut(): void {
    const words = this.#words;
    let iov = 0;
    for (let train = 0; train < this.#count; train++) {
      const header = (train * HEADER_SIZE) >> 2;
      const first = this.#first[train] as number;
      const cars = this.#cars[train] as number;
      this.#packets.copyHeader(first, words, header);
      putAddress(this.#iovAddresses, iov, words, header + (Header.IOV >> 2));
      words[header + (Header.IOV_COUNT >> 2)] = cars;
      if (cars > 1) this.#layOutControl(train, header, first);
      for (let slot = first; slot !== NONE; slot = this.#next[slot] as number)
        this.#packets.copyIov(slot, words, (this.#iovs + iov++ * IOV_SIZE) >> 2);
    }
  }

  /** The control data of the train's first reply, and the length to cut at. */
  #layOutControl(train: number, header: number, first: number): void {
    const words = this.#words;
    const start = (this.#controls + train * CONTROLS_SIZE) >> 2;
    const taken = this.#packets.copyControl(first, words, start);
    const segment = start + (taken >> 2);
    words[segment] = SEGMENT_LENGTH;
    words[segment + 1] = 0;
    words[segment + 2] = IPPROTO_UDP;
    words[segment + 3] = UDP_SEGMENT;
    words[segment + 4] = this.#packets.length(first);
    putAddress(this.#controlAddresses, train, words, header + (Header.CONTROL >> 2));
    words[header + (Header.CONTROL_LENGTH >> 2)] = taken + SEGMENT_SPACE;
  }
}

/** Low and high words of `count` addresses, `step` bytes apart. */
function addressWords(count: number, first: bigint, step: number): Int32Array {
  return new Int32Array(BigUint64Array.from({ length: count }, (_, i) => first + BigInt(i * step)).buffer);
}

function putAddress(addresses: Int32Array, which: number, words: Int32Array, place: number): void {
  words[place] = addresses[2 * which] as number;
  words[place + 1] = addresses[2 * which + 1] as number;
}
