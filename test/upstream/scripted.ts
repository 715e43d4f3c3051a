// A server to ask, over UDP and TCP on one port, that does what its script says.
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { ServerAddress } from '../../src/upstream/deps.ts';
import { Frames, frameOf } from '../../src/wire/tcp-frames.ts';

/** One question that arrived. */
export interface Asking {
  readonly transport: 'udp' | 'tcp';
  readonly bytes: Buffer;
  readonly id: number;
  /** Name, type and class. */
  readonly question: Buffer;
  /** What stands behind the question. */
  readonly rest: Buffer;
  /** The port it came from. */
  readonly port: number;
  /** Sends any bytes to where it came from. */
  send(bytes: Uint8Array): void;
  /** Ends the connection it came over. */
  hangUp(): void;
}

/** Addresses are numbers; without looking them up a packet leaves at once, in order, and cheaply. */
const lookup = ((hostname: string, _family: unknown, done: (error: null, address: string) => void) =>
  done(null, hostname)) as unknown as NonNullable<Parameters<typeof createSocket>[0] & object>['lookup'];

export type Script = (asking: Asking) => void;

export class ScriptedServer {
  readonly address: ServerAddress;
  readonly askings: Asking[] = [];
  /** Open TCP connections. */
  readonly connections = new Set<Socket>();
  /** How many TCP connections there were. */
  connected = 0;
  script: Script;
  readonly #udp: UdpSocket;
  readonly #tcp: Server;
  #isClosed = false;

  private constructor(udp: UdpSocket, tcp: Server, script: Script) {
    this.#udp = udp;
    this.#tcp = tcp;
    this.script = script;
    const { address, port } = udp.address();
    this.address = { host: address, port };
    udp.on('message', (bytes, from) => {
      this.#heard(
        'udp',
        bytes,
        from.port,
        (reply) => {
          if (!this.#isClosed) udp.send(reply, from.port, from.address);
        },
        () => {},
      );
    });
    udp.on('error', () => {});
    tcp.on('connection', (socket) => this.#connection(socket));
  }

  /** Opens it, on a port of its own unless one is given. */
  static async open(script: Script, host = '127.0.0.1', port = 0): Promise<ScriptedServer> {
    for (let tries = 20; ; tries--) {
      const udp = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', lookup });
      const tcp = createServer();
      try {
        const listening = once(udp, 'listening');
        udp.bind(port, host);
        await listening;
        tcp.listen(udp.address().port, host);
        await once(tcp, 'listening');
        return new ScriptedServer(udp, tcp, script);
      } catch (error) {
        udp.close();
        tcp.close();
        if (tries === 0) throw error;
      }
    }
  }

  #connection(socket: Socket): void {
    this.connections.add(socket);
    this.connected += 1;
    const frames = new Frames();
    socket.on('error', () => {});
    socket.on('close', () => this.connections.delete(socket));
    socket.on('data', (chunk) => {
      frames.push(chunk);
      for (let message = frames.next(); message !== undefined; message = frames.next()) {
        const send = (reply: Uint8Array) => socket.write(frameOf(reply));
        this.#heard('tcp', Buffer.from(message), socket.remotePort ?? 0, send, () => socket.destroy());
      }
    });
  }

  #heard(
    transport: 'udp' | 'tcp',
    bytes: Buffer,
    port: number,
    send: (reply: Uint8Array) => void,
    hangUp: () => void,
  ): void {
    let end = 12;
    while (bytes[end] !== 0) end += bytes[end]! + 1;
    end += 5;
    const question = bytes.subarray(12, end);
    const rest = bytes.subarray(end);
    const asking = { transport, bytes, id: bytes.readUInt16BE(0), question, rest, port, send, hangUp };
    this.askings.push(asking);
    this.script(asking);
  }

  /** Sends a packet from its UDP port to a port of 127.0.0.1. */
  sendTo(port: number, bytes: Uint8Array): void {
    this.#udp.send(bytes, port, '127.0.0.1');
  }

  /** The questions that came over one transport. */
  over(transport: 'udp' | 'tcp'): Asking[] {
    return this.askings.filter((asking) => asking.transport === transport);
  }

  /** Calling it again does nothing. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const socket of this.connections) socket.destroy();
    const closed = once(this.#udp, 'close');
    this.#udp.close();
    this.#tcp.close();
    await closed;
  }
}
