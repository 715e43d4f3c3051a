// One UDP socket towards one server, whatever it is made of: what the sockets' pool and the exchanges know of it.
import type { ServerAddress } from './deps.ts';

/** Who waits for what a socket receives. Called any number of times while it holds the socket, never within a call to it. */
export interface UdpListener {
  /** The bytes are the socket's: they are used again when this returns. */
  received(message: Uint8Array): void;
  /** Nobody listens there, or there is no way. The socket is closed. */
  broken(reason: string): void;
}

/**
 * A connected socket, so that the system lets nobody else in and says when nobody is there. Its port is the system's choice,
 * at random (RFC 6056), among those that its operator set aside for it.
 */
export interface UdpSocket {
  readonly isOpen: boolean;
  /** From now on `listener` gets what comes. */
  handTo(listener: UdpListener): void;
  /** Sends; the bytes may not be changed afterwards. What fails is heard by the listener, or by nobody. */
  send(packet: Uint8Array): void;
  close(): void;
}

/** Opens a socket; never throws: where it cannot be opened, the listener hears that it broke. */
export type OpenUdp = (server: ServerAddress, listener: UdpListener) => UdpSocket;
