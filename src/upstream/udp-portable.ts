// UDP sockets through node:dgram, for every platform.
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { ServerAddress } from './deps.ts';
import type { OpenUdp, UdpListener, UdpSocket } from './udp-socket.ts';

type Lookup = (hostname: string, family: number, done: (error: null, address: string) => void) => void;

/** Addresses are given as numbers, and with nothing to look up a socket is bound and connected at once. */
const alreadyAnAddress: Lookup = (hostname, _family, done) => done(null, hostname);

function open(host: string): Socket {
  // The types ask for dns.lookup's signature; dgram calls it as (hostname, family, callback).
  const lookup = alreadyAnAddress as unknown as NonNullable<
    Parameters<typeof createSocket>[0] & object
  >['lookup'];
  return createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', lookup });
}

/** The code of a system error, or what else there is to say. */
function reasonOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

export const openPortable: OpenUdp = (server, listener) => new PortableSocket(server, listener);

class PortableSocket implements UdpSocket {
  readonly #socket: Socket;
  #listener: UdpListener;
  #isOpen = true;

  constructor({ host, port }: ServerAddress, listener: UdpListener) {
    this.#listener = listener;
    this.#socket = open(host);
    this.#socket.on('message', (message) => this.#listener.received(message));
    this.#socket.on('error', (error) => this.#fail(reasonOf(error)));
    this.#socket.connect(port, host);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  handTo(listener: UdpListener): void {
    this.#listener = listener;
  }

  send(packet: Uint8Array): void {
    if (!this.#isOpen) return;
    try {
      this.#socket.send(packet);
    } catch {
      // It could not be connected: the error event tells the listener.
    }
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#socket.close();
  }

  #fail(reason: string): void {
    if (!this.#isOpen) return;
    this.close();
    // An error while connecting comes in the middle of a call.
    process.nextTick(() => this.#listener.broken(reason));
  }
}
