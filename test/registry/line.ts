// A line to a server on the loopback that can be cut or silenced.
import { createServer, connect as dial, type Server, type Socket } from 'node:net';

export class Line {
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #silent = false;
  /** Connections that were accepted so far. */
  accepted = 0;

  private constructor(target: number) {
    this.#target = target;
  }

  /** A line to 127.0.0.1:`target`, open. */
  static async to(target: number): Promise<Line> {
    const line = new Line(target);
    await line.open();
    return line;
  }

  get endpoint(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async open(): Promise<void> {
    const server = createServer((socket) => this.#join(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address !== null && typeof address === 'object') this.#port = address.port;
  }

  /** Ends every connection and refuses new ones, until `open`. */
  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Connections stay, and new ones are taken, but nothing passes. */
  silence(yes: boolean): void {
    this.#silent = yes;
    for (const socket of this.#sockets) {
      if (yes) socket.pause();
      else socket.resume();
    }
  }

  #join(near: Socket): void {
    this.accepted += 1;
    const far = dial(this.#target, '127.0.0.1');
    this.#pass(near, far);
    this.#pass(far, near);
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (chunk) => to.write(chunk));
    from.on('error', () => {});
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    if (this.#silent) from.pause();
  }
}
