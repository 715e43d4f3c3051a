// UDP sockets towards other servers through system calls: what came into any of them is taken many at a time.
import type { Worker } from 'node:worker_threads';
import type { ServerAddress } from '../../upstream/deps.ts';
import type { OpenUdp, UdpListener, UdpSocket } from '../../upstream/udp-socket.ts';
import type { TransportDeps } from '../deps.ts';
import { STRETCH_MS } from '../fair-share.ts';
import { Arrivals } from './arrivals.ts';
import { Datagram } from './datagram.ts';
import { socketName } from './socket-name.ts';
import {
  closeSocket,
  connectUdpSocket,
  Errno,
  errno,
  errnoName,
  Readiness,
  type SocketName,
} from './syscalls.ts';

/** The longest datagram. */
const DATAGRAM_SIZE = 65_535;
/** Sockets that one system call tells. */
const MOST_READY = 256;

/** Errors after which the same may well go through the next time. */
function passes(error: number): boolean {
  return error === Errno.EAGAIN || error === Errno.EINTR || error === Errno.ENOBUFS;
}

class OutgoingSocket implements UdpSocket {
  /** Where it stands among all sockets. */
  readonly place: number;
  /** Sets it apart from those that had its place before: what is heard of them late is not this one's. */
  readonly number: number;
  readonly #outbox: Datagram;
  readonly #closed: (socket: OutgoingSocket) => void;
  #fd: number;
  #listener: UdpListener;

  /** `fd` is that of a connected socket, or negative where there is none. */
  constructor(
    fd: number,
    place: number,
    number: number,
    listener: UdpListener,
    outbox: Datagram,
    closed: (socket: OutgoingSocket) => void,
  ) {
    this.#fd = fd;
    this.place = place;
    this.number = number;
    this.#listener = listener;
    this.#outbox = outbox;
    this.#closed = closed;
  }

  get isOpen(): boolean {
    return this.#fd >= 0;
  }

  handTo(listener: UdpListener): void {
    this.#listener = listener;
  }

  send(packet: Uint8Array): void {
    // What does not fit into the system's buffer is lost, as it may be on its way, and asked again.
    if (this.#fd >= 0 && !this.#outbox.send(this.#fd, packet) && !passes(errno())) this.fail(errnoName());
  }

  /** Takes one datagram, or the error that there is. */
  receive(inbox: Datagram): void {
    const length = inbox.receive(this.#fd);
    if (length >= 0) this.#listener.received(inbox.view(length));
    else if (!passes(errno())) this.fail(errnoName());
  }

  fail(reason: string): void {
    this.close();
    // It may come in the middle of a call of the listener's.
    process.nextTick(() => this.#listener.broken(reason));
  }

  close(): void {
    if (this.#fd < 0) return;
    closeSocket(this.#fd);
    this.#fd = -1;
    this.#closed(this);
  }
}

export class OutgoingSockets {
  readonly #deps: Pick<TransportDeps, 'clock' | 'log'>;
  readonly #readiness = new Readiness(MOST_READY);
  readonly #inbox = new Datagram(DATAGRAM_SIZE);
  readonly #outbox = new Datagram(DATAGRAM_SIZE);
  readonly #names = new WeakMap<ServerAddress, SocketName>();
  readonly #sockets: (OutgoingSocket | undefined)[] = [];
  readonly #freePlaces: number[] = [];
  readonly #closed = (socket: OutgoingSocket): void => {
    this.#sockets[socket.place] = undefined;
    this.#freePlaces.push(socket.place);
  };
  #opened = 0;
  /** Made with the first socket. */
  #arrivals: Arrivals | undefined;

  /** Throws a SystemError. */
  constructor(deps: Pick<TransportDeps, 'clock' | 'log'>) {
    this.#deps = deps;
  }

  readonly open: OpenUdp = (server, listener) => {
    this.#arrivals ??= new Arrivals(this.#readiness, () => this.#take(), this.#deps);
    const name = this.#nameOf(server);
    const fd = name === undefined ? -1 : connectUdpSocket(name);
    const failure = fd >= 0 ? '' : name === undefined ? 'EINVAL' : errnoName();
    const place = this.#freePlaces.pop() ?? this.#sockets.length;
    this.#opened = (this.#opened + 1) | 0;
    const socket = new OutgoingSocket(fd, place, this.#opened, listener, this.#outbox, this.#closed);
    if (fd < 0) {
      this.#freePlaces.push(place);
      socket.fail(failure);
      return socket;
    }
    this.#sockets[place] = socket;
    if (!this.#readiness.add(fd, place, this.#opened)) socket.fail(errnoName());
    return socket;
  };

  /** Undefined where it is no address, or of an interface that is not there just now. */
  #nameOf(server: ServerAddress): SocketName | undefined {
    const known = this.#names.get(server);
    if (known !== undefined) return known;
    try {
      const name = { ...socketName(server.host), port: server.port };
      // Interfaces come and go, and get other numbers then.
      if (name.scope === 0) this.#names.set(server, name);
      return name;
    } catch {
      return undefined;
    }
  }

  /** One datagram of each socket that has any, again and again, for one stretch; whether there may be more. */
  #take(): boolean {
    const end = performance.now() + STRETCH_MS;
    for (let count = this.#readiness.wait(0); count > 0; count = this.#readiness.wait(0)) {
      for (let i = 0; i < count; i++) {
        const socket = this.#sockets[this.#readiness.first(i)];
        // One that was told of may have been closed for the sake of another.
        if (socket?.number === this.#readiness.second(i)) socket.receive(this.#inbox);
      }
      if (performance.now() >= end) return true;
    }
    return false;
  }

  /** The thread that waits, for tests of what happens when it dies. */
  get thread(): Worker | undefined {
    return this.#arrivals?.thread;
  }

  /** Closes every socket; resolves when the thread that waits has ended. To be called once, when none is opened any more. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket?.close();
    if (this.#arrivals === undefined) closeSocket(this.#readiness.fd);
    else await this.#arrivals.close();
  }
}
