// The system calls of the batched path, through koffi: the one file that crosses into C. Linux only.
import koffi from 'koffi';

/** Constants of Linux, equal on every architecture that Node runs on there (asm-generic). */
export const AF_INET = 2;
export const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_TYPE = 3;
const SO_ACCEPTCONN = 30;
const F_GETFL = 3;
const F_SETFL = 4;
const O_NONBLOCK = 0o4000;
const SO_REUSEPORT = 15;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_RCVTIMEO = 20;
const SO_SNDTIMEO = 21;
const IPPROTO_IP = 0;
export const IPPROTO_UDP = 17;
const IPPROTO_IPV6 = 41;
const IP_PKTINFO = 8;
const IPV6_V6ONLY = 26;
const IPV6_RECVPKTINFO = 49;
/** As an option of a socket, and as control data of one message (udp(7)). */
export const UDP_SEGMENT = 103;
const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLLIN = 1;
/** struct epoll_event is packed on x86-64 alone (epoll_ctl(2)): two words then, else a word of padding and eight bytes. */
const EVENT_SIZE = process.arch === 'x64' ? 12 : 16;
const EVENT_DATA = EVENT_SIZE - 8;
const MADV_HUGEPAGE = 14;
const HUGE_PAGE = 0x200000n;
/** recvmmsg: wait for the first datagram only, then take what is there. */
const MSG_WAITFORONE = 0x10000;
const MSG_DONTWAIT = 0x40;

/** How long a socket that nothing comes into any more is listened to, in milliseconds: what was on its way has arrived then. */
const LAST_WAIT_MS = 20;

export const Errno = { EINTR: 4, EIO: 5, EAGAIN: 11, ENOBUFS: 105 } as const;

/** The name of the error of the call before: `ECONNREFUSED` and the like. */
export function errnoName(): string {
  return nameOfErrno(errno());
}

const libc = koffi.load('libc.so.6');
const calls = {
  madvise: libc.func('int madvise(uint64_t, size_t, int)'),
  socket: libc.func('int socket(int, int, int)'),
  setsockopt: libc.func('int setsockopt(int, int, int, const void *, uint)'),
  getsockopt: libc.func('int getsockopt(int, int, int, _Inout_ void *, _Inout_ void *)'),
  fcntl: libc.func('int fcntl(int, int, int)'),
  bind: libc.func('int bind(int, const void *, uint)'),
  connect: libc.func('int connect(int, const void *, uint)'),
  getsockname: libc.func('int getsockname(int, _Inout_ void *, _Inout_ void *)'),
  close: libc.func('int close(int)'),
  recvmmsg: libc.func('int recvmmsg(int, void *, uint, int, void *)'),
  sendmmsg: libc.func('int sendmmsg(int, void *, uint, int)'),
  send: libc.func('int64_t send(int, uint64_t, size_t, int)'),
  recv: libc.func('int64_t recv(int, uint64_t, size_t, int)'),
  epoll_create1: libc.func('int epoll_create1(int)'),
  epoll_ctl: libc.func('int epoll_ctl(int, int, int, const void *)'),
  epoll_wait: libc.func('int epoll_wait(int, uint64_t, int, int)'),
  eventfd: libc.func('int eventfd(uint, int)'),
  nanosleep: libc.func('int nanosleep(const void *, void *)'),
} as const;

/** The error of the call before, as the system numbers it. */
export function errno(): number {
  return koffi.errno();
}

/**
 * Memory that the system may read and write, and where it lies: an ArrayBuffer's bytes never move. It goes when nothing
 * refers to it any more, with the thread that made it at the latest.
 */
export function pinnedMemory(length: number): { readonly memory: ArrayBuffer; readonly address: bigint } {
  const memory = new ArrayBuffer(length);
  return { memory, address: koffi.address(memory) };
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  new Int32Array(bytes.buffer, bytes.byteOffset, 1)[0] = value;
  return bytes;
}

function timeval(ms: number): Buffer {
  const bytes = Buffer.alloc(16);
  new BigInt64Array(bytes.buffer, bytes.byteOffset, 2).set([
    BigInt(Math.floor(ms / 1000)),
    BigInt((ms % 1000) * 1000),
  ]);
  return bytes;
}

export class SystemError extends Error {
  readonly errno: number;

  constructor(call: string) {
    const code = errno();
    super(`${call}: ${nameOfErrno(code)}`);
    this.errno = code;
  }

  /** `EADDRINUSE` and the like, as Node's own errors have it. */
  get code(): string {
    return nameOfErrno(this.errno);
  }
}

function nameOfErrno(code: number): string {
  return Object.entries(koffi.os.errno).find(([, value]) => value === code)?.[0] ?? `error ${code}`;
}

/** A UDP socket bound with SO_REUSEPORT, so that several workers share the address; the kernel deals clients out. */
export interface UdpSocket {
  readonly fd: number;
  readonly port: number;
}

/** What a socket is bound to. */
export interface SocketName {
  readonly family: typeof AF_INET | typeof AF_INET6;
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  /** Number of the interface that a link-local address belongs to; 0 for any other address. */
  readonly scope: number;
  readonly port: number;
}

/** What it takes to receive in batches. */
export interface ReceiveOptions {
  /** Bytes of kernel buffer, each way. */
  readonly buffer: number;
  /** How long a receive waits before it returns empty-handed, so that the stop flag is seen. */
  readonly waitMs: number;
  /** The address is a wildcard: ask the kernel which address each datagram was sent to. */
  readonly packetInfo: boolean;
}

export interface SocketOptions extends SocketName, ReceiveOptions {
  /** Joins sockets that are bound there already with SO_REUSEPORT, if there are any; else the port must be free. */
  readonly joins: boolean;
}

/** Throws a SystemError. */
export function openUdpSocket(options: SocketOptions): UdpSocket {
  const { family } = options;
  const fd: number = calls.socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw new SystemError('socket');
  try {
    if (options.joins) setOption(fd, SOL_SOCKET, SO_REUSEPORT, word(1));
    prepare(fd, family, options);
    if (family === AF_INET6) setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, word(1));
    const name = socketAddress(options);
    if (calls.bind(fd, name, name.length) < 0) throw new SystemError('bind');
    // Bound alone, so that the port was nobody else's; from now on others may join.
    if (!options.joins) setOption(fd, SOL_SOCKET, SO_REUSEPORT, word(1));
    return { fd, port: nameOf(fd)?.port ?? options.port };
  } catch (error) {
    calls.close(fd);
    throw error;
  }
}

function prepare(fd: number, family: SocketName['family'], options: ReceiveOptions): void {
  // The system grants less where its limit is lower.
  setOption(fd, SOL_SOCKET, SO_RCVBUF, word(options.buffer));
  setOption(fd, SOL_SOCKET, SO_SNDBUF, word(options.buffer));
  setOption(fd, SOL_SOCKET, SO_RCVTIMEO, timeval(options.waitMs));
  setOption(fd, SOL_SOCKET, SO_SNDTIMEO, timeval(options.waitMs));
  if (options.packetInfo && family === AF_INET) setOption(fd, IPPROTO_IP, IP_PKTINFO, word(1));
  if (options.packetInfo && family === AF_INET6) setOption(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, word(1));
}

/** Makes a UDP socket that somebody else has bound ready to receive in batches. Throws a SystemError. */
export function prepareUdpSocket(fd: number, family: SocketName['family'], options: ReceiveOptions): void {
  prepare(fd, family, options);
  const flags: number = calls.fcntl(fd, F_GETFL, 0);
  if (flags < 0 || calls.fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0) throw new SystemError('fcntl');
}

/** What a descriptor is: a socket of a kind that can be served, or why it is none. */
export type Described =
  | { readonly kind: 'UDP' | 'TCP'; readonly name: SocketName }
  | { readonly kind: 'other'; readonly why: string };

/** Looks at a descriptor that somebody else has opened. */
export function describeSocket(fd: number): Described {
  const other = (why: string): Described => ({ kind: 'other', why });
  const type = optionOf(fd, SO_TYPE);
  if (type === undefined) return other(`it is no socket (${nameOfErrno(errno())})`);
  const name = nameOf(fd);
  if (name === undefined) return other('it is a socket of another family than IPv4 and IPv6');
  if (name.port === 0) return other('it is bound to no port');
  if (type === SOCK_DGRAM) return { kind: 'UDP', name };
  if (type !== SOCK_STREAM) return other('it is neither a UDP nor a TCP socket');
  if (optionOf(fd, SO_ACCEPTCONN) !== 1)
    return other('it is a TCP connection, not a socket that listens (systemd: Accept=no)');
  return { kind: 'TCP', name };
}

function optionOf(fd: number, option: number): number | undefined {
  const value = word(0);
  const result: number = calls.getsockopt(fd, SOL_SOCKET, option, value, word(value.length));
  return result < 0 ? undefined : new Int32Array(value.buffer, value.byteOffset, 1)[0];
}

function setOption(fd: number, level: number, option: number, value: Buffer): void {
  if (calls.setsockopt(fd, level, option, value, value.length) < 0) throw new SystemError('setsockopt');
}

/** Whether the system cuts what one call sends over this socket into datagrams (Linux 4.18). */
export function canSegment(fd: number): boolean {
  // 0 leaves it to each message.
  const off = word(0);
  return calls.setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, off, off.length) === 0;
}

function socketAddress({ family, address, port, scope }: SocketName): Buffer {
  const name = Buffer.alloc(family === AF_INET ? 16 : 28);
  new Uint16Array(name.buffer, name.byteOffset, 1)[0] = family;
  name.writeUInt16BE(port, 2);
  name.set(address, family === AF_INET ? 4 : 8);
  if (family === AF_INET6) new Uint32Array(name.buffer, name.byteOffset + 24, 1)[0] = scope;
  return name;
}

/** What a socket is bound to; undefined where that is no address of IPv4 or IPv6. Throws a SystemError. */
function nameOf(fd: number): SocketName | undefined {
  const name = Buffer.alloc(28);
  if (calls.getsockname(fd, name, word(name.length)) < 0) throw new SystemError('getsockname');
  const family = name.readUInt16LE(0);
  const port = name.readUInt16BE(2);
  if (family === AF_INET) return { family, address: name.subarray(4, 8), scope: 0, port };
  if (family === AF_INET6)
    return { family, address: name.subarray(8, 24), scope: name.readUInt32LE(24), port };
  return undefined;
}

/** Port of the discard service: nobody asks from there. */
const DISCARD = 9;

/**
 * Lets nothing more come in: connected to its own machine's discard port, a socket gets no packets of others, and those
 * that share its port get them instead. What has come in stays and can be taken and answered (an address given with a
 * packet goes before that of the connection). Where it fails the socket receives as before.
 */
export function stopReceiving(fd: number): void {
  // Its own address, or the loopback where it is bound to a wildcard, which stands for it (connect(2), ip(7)).
  const name = Buffer.alloc(28);
  const length = word(name.length);
  calls.getsockname(fd, name, length);
  name.writeUInt16BE(DISCARD, 2);
  calls.connect(fd, name, new Uint32Array(length.buffer, length.byteOffset, 1)[0]);
  const wait = timeval(LAST_WAIT_MS);
  calls.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, wait, wait.length);
}

export function closeSocket(fd: number): void {
  calls.close(fd);
}

/**
 * Asks for huge pages (2 MiB) behind memory that is looked into at random: with small ones nearly every look costs a walk
 * through the page tables beside the look itself. Where the system gives none, nothing changes.
 */
export function adviseHugePages(memory: SharedArrayBuffer): void {
  const start = koffi.address(memory);
  const first = (start + HUGE_PAGE - 1n) & ~(HUGE_PAGE - 1n);
  const length = start + BigInt(memory.byteLength) - first;
  if (length >= HUGE_PAGE) calls.madvise(first, length, MADV_HUGEPAGE);
}

/** Takes up to `count` datagrams into the mmsghdr array at `headers`; how many, or -1 (see errno). */
export function receive(fd: number, headers: bigint, count: number): number {
  return calls.recvmmsg(fd, headers, count, MSG_WAITFORONE, null) as number;
}

/** Sends `count` datagrams of the mmsghdr array at `headers`; how many went out, or -1 (see errno). */
export function send(fd: number, headers: bigint, count: number, wait: boolean): number {
  return calls.sendmmsg(fd, headers, count, wait ? 0 : MSG_DONTWAIT) as number;
}

/** A rest of this thread, of less than a second: laid out once, taken often. */
export class Rest {
  /** struct timespec: seconds, nanoseconds. */
  readonly #time = pinnedMemory(16);

  constructor(ns: number) {
    new BigInt64Array(this.#time.memory)[1] = BigInt(ns);
  }

  /** Returns a little later than asked for (prctl(2), PR_SET_TIMERSLACK), or early after a signal. */
  take(): void {
    calls.nanosleep(this.#time.address, null);
  }
}

/** Opens a UDP socket that is connected to `to`, from a port that the system chooses, and never waits; -1 where it fails. */
export function connectUdpSocket(to: SocketName): number {
  const fd: number = calls.socket(to.family, SOCK_DGRAM | SOCK_CLOEXEC | O_NONBLOCK, 0);
  if (fd < 0) return -1;
  const name = socketAddress(to);
  if (calls.connect(fd, name, name.length) === 0) return fd;
  const failure = errno();
  calls.close(fd);
  koffi.errno(failure);
  return -1;
}

/** Sends the `length` bytes at `address` as one datagram over a connected socket; false where it fails (see errno). */
export function sendOne(fd: number, address: number, length: number): boolean {
  return (calls.send(fd, address, length, MSG_DONTWAIT) as number) >= 0;
}

/** Takes one datagram into `size` bytes at `address`, and never waits; its length, or -1 (see errno). */
export function receiveOne(fd: number, address: number, size: number): number {
  return calls.recv(fd, address, size, MSG_DONTWAIT) as number;
}

/** Which of many sockets have something to receive: an epoll instance, or one thread's use of it. */
export class Readiness {
  /** Of the instance. */
  readonly fd: number;
  readonly #most: number;
  readonly #words: Int32Array;
  readonly #address: number;

  /** `most`: how many sockets one `wait` tells. Makes an instance unless one is given; throws a SystemError. */
  constructor(most: number, fd: number = calls.epoll_create1(EPOLL_CLOEXEC)) {
    if (fd < 0) throw new SystemError('epoll_create1');
    this.fd = fd;
    this.#most = most;
    const { memory, address } = pinnedMemory(most * EVENT_SIZE);
    this.#words = new Int32Array(memory);
    this.#address = Number(address);
  }

  /** Watches a socket until it is closed, under two words that `wait` tells; false where it fails (see errno). */
  add(fd: number, first: number, second: number): boolean {
    const event = new Int32Array(EVENT_SIZE / 4);
    event[0] = EPOLLIN;
    event[EVENT_DATA / 4] = first;
    event[EVENT_DATA / 4 + 1] = second;
    return calls.epoll_ctl(this.fd, EPOLL_CTL_ADD, fd, event) === 0;
  }

  /** Waits at most `ms` milliseconds, of a whole thread; how many are ready, or have failed. */
  wait(ms: number): number {
    return Math.max(0, calls.epoll_wait(this.fd, this.#address, this.#most, ms) as number);
  }

  /** The first word of the `i`-th of those that are ready. */
  first(i: number): number {
    return this.#words[(i * EVENT_SIZE + EVENT_DATA) / 4] as number;
  }

  second(i: number): number {
    return this.#words[(i * EVENT_SIZE + EVENT_DATA) / 4 + 1] as number;
  }

  /** Ends every `wait` of any thread from now on at once; what does it is to be closed with the instance. */
  interrupt(): number {
    const fd: number = calls.eventfd(1, SOCK_CLOEXEC);
    this.add(fd, -1, 0);
    return fd;
  }
}
