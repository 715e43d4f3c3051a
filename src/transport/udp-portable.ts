// UDP through node:dgram, for every platform: one socket, one datagram in, one datagram out.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { type Asker, LATER, type Respond, type SendLate } from '../query/responder.ts';
import { Client } from '../wire/client.ts';
import type { Query } from '../wire/query.ts';
import {
  type Address,
  bindAsIs,
  type CloseOptions,
  DEFAULT_GRACE_MS,
  type Listening,
  type TransportDeps,
} from './deps.ts';
import { LateReplies } from './late-replies.ts';
import { listenError } from './listen-error.ts';
import { ReplyRing, UDP_REPLY_SIZE } from './reply-ring.ts';
import { countReply, Tallies } from './tallies.ts';
import type { Tally } from './tally.ts';

/** Room for bursts while the process is busy elsewhere, in bytes; the system grants less where its limit is lower. */
const SOCKET_BUFFER = 4 * 1024 * 1024;
/** Replies that may wait for room in the system's send buffer; more are dropped. */
const RING_SLOTS = 64;
/** Every so many replies are sent with a callback, to notice that sending fails. */
const PROBE_EVERY = 64;

export interface UdpOptions {
  /** Other processes may share the port; default: it must be free. */
  readonly sharesPort?: boolean;
}

type Lookup = (hostname: string, family: number, done: (error: null, address: string) => void) => void;

/**
 * Addresses are given as numbers, so there is nothing to look up. Node's own lookup costs a process.nextTick for each
 * send, a sixth of all the time a small answer takes.
 */
const alreadyAnAddress: Lookup = (hostname, _family, done) => done(null, hostname);

/**
 * Answers UDP queries on one address. Rejects with a FingerpostError of code `listen`.
 * On an address such as 0.0.0.0 the system chooses the source of each reply: where a machine has several addresses
 * a client may get its reply from another one than it asked, and refuse it. List the addresses instead.
 */
export async function listenUdp(
  address: Address,
  respond: Respond,
  deps: TransportDeps,
  options: UdpOptions = {},
): Promise<Listening> {
  const socket = openSocket(address.host, options.sharesPort === true);
  const bindAs = deps.bind ?? bindAsIs;
  try {
    await bindAs(async () => {
      const listening = once(socket, 'listening');
      const { host, port, fd } = address;
      socket.bind(fd === undefined ? { address: host, port, exclusive: true } : { fd, exclusive: true });
      await listening;
    });
  } catch (cause) {
    socket.close();
    throw listenError('UDP', address, cause);
  }
  return serve(socket, respond, deps);
}

function openSocket(host: string, reusePort: boolean): Socket {
  // The types ask for dns.lookup's signature; dgram calls it as (hostname, family, callback).
  const lookup = alreadyAnAddress as unknown as NonNullable<
    Parameters<typeof createSocket>[0] & object
  >['lookup'];
  return isIPv6(host)
    ? createSocket({ type: 'udp6', ipv6Only: true, lookup, reusePort })
    : createSocket({ type: 'udp4', lookup, reusePort });
}

function serve(socket: Socket, respond: Respond, deps: TransportDeps): Listening {
  growBuffers(socket);
  const bound = socket.address();
  const place = { host: bound.address, port: bound.port };
  const tally = (deps.tallies ?? new Tallies()).open(place, 'udp');
  const answerer = new UdpAnswerer(socket, respond, deps, tally);
  socket.on('message', (request, from) => answerer.answer(request, from));
  // Receiving can fail for a moment (no memory); the socket stays open.
  socket.on('error', (error) => deps.log.warn({ err: error }, 'receiving over UDP failed'));
  return {
    address: bound.address,
    port: bound.port,
    close: closer(socket, answerer),
  };
}

/** Closes once, however often it is called. */
function closer(socket: Socket, answerer: UdpAnswerer): Listening['close'] {
  let closed: Promise<void> | undefined;
  const close = async ({ graceMs = DEFAULT_GRACE_MS }: CloseOptions = {}): Promise<void> => {
    socket.removeAllListeners('message');
    await answerer.finish(graceMs);
    await new Promise<void>((resolve) => {
      socket.close(() => resolve());
    });
  };
  return (options) => {
    closed ??= close(options);
    return closed;
  };
}

function growBuffers(socket: Socket): void {
  try {
    socket.setRecvBufferSize(SOCKET_BUFFER);
    socket.setSendBufferSize(SOCKET_BUFFER);
  } catch {
    // Some systems refuse what is over their limit instead of granting the limit; their default then stays.
  }
}

class UdpAnswerer implements Asker {
  readonly transport = 'udp';
  readonly client = new Client();
  readonly #late = new LateReplies();
  readonly #socket: Socket;
  readonly #respond: Respond;
  readonly #counters: TransportDeps['counters'];
  readonly #tally: Tally;
  readonly #ring = new ReplyRing(RING_SLOTS);
  readonly #sent: (error: Error | null) => void;
  #untilProbe = 1;
  /** Who asks just now, and the address that `client` was set from. */
  #from: RemoteInfo | undefined;
  #clientText = '';
  #isClosed = false;
  /** When the question that is being answered was taken in. */
  began = 0;

  constructor(socket: Socket, respond: Respond, deps: TransportDeps, tally: Tally) {
    this.#socket = socket;
    this.#respond = respond;
    this.#counters = deps.counters;
    this.#tally = tally;
    this.#sent = (error) => this.#probed(error);
  }

  answer(request: Uint8Array, from: RemoteInfo): void {
    this.began = performance.now();
    this.#counters.queriesUdp.inc();
    const reply = this.#ring.take(this.#socket.getSendQueueCount());
    // From port 0 nobody can be waiting, and send() throws on it.
    if (reply === undefined || from.port === 0) {
      this.#counters.dropped.inc();
      return;
    }
    this.#setClient(from);
    // What `respond` gives no reply to, it counts itself.
    const length = this.#respond(request, this, reply);
    this.#late.answered(length === LATER);
    const bytes = length > 0 ? this.#ring.view(length) : undefined;
    if (bytes !== undefined) this.#send(bytes, from);
  }

  #setClient(from: RemoteInfo): void {
    this.#from = from;
    this.client.port = from.port;
    if (from.address === this.#clientText) return;
    this.#clientText = from.address;
    this.client.setText(from.address);
  }

  answered(request: Uint8Array, query: Query, reply: Uint8Array, length: number): void {
    countReply(this.#tally, query, request.length, this.client.isIpv4, reply, length, this.began);
  }

  later(): SendLate {
    const from = this.#from;
    const began = this.began;
    const { isIpv4 } = this.client;
    return this.#late.promise((reply, request, query) => {
      if (request !== undefined && query !== undefined)
        countReply(this.#tally, query, request.length, isIpv4, reply, reply.length, began);
      this.#sendLate(reply, from);
    });
  }

  /** A copy goes out, since it may have to wait for the system; the ring's slots are for replies given at once. */
  #sendLate(reply: Uint8Array, to: RemoteInfo | undefined): void {
    const isOpen = !this.#isClosed && this.#socket.getSendQueueCount() < RING_SLOTS;
    if (isOpen && to !== undefined && reply.length <= UDP_REPLY_SIZE) this.#send(Uint8Array.from(reply), to);
    else this.#counters.dropped.inc();
  }

  /** Waits for the replies that are still to come, for so many milliseconds; the others come to nothing. */
  async finish(graceMs: number): Promise<void> {
    await this.#late.settled(graceMs);
    this.#isClosed = true;
  }

  /**
   * Without a callback an error of send() goes unnoticed; with one, each send costs a process.nextTick (a tenth of an
   * answer's time). So one reply in PROBE_EVERY carries it, and every reply for as long as sending fails.
   */
  #send(bytes: Uint8Array, from: RemoteInfo): void {
    this.#untilProbe -= 1;
    if (this.#untilProbe > 0) this.#socket.send(bytes, from.port, from.address);
    else this.#socket.send(bytes, from.port, from.address, this.#sent);
  }

  #probed(error: Error | null): void {
    if (error === null) {
      this.#untilProbe = PROBE_EVERY;
    } else {
      this.#untilProbe = 0;
      this.#counters.dropped.inc();
    }
  }
}
