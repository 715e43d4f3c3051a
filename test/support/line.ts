// A line to a server on the loopback that can be cut, silenced (also one way only) or made slow.
import { createServer, connect as dial, type Server, type Socket } from 'node:net';

/** `up`: from the client to the server; `down`: what the server says. */
export type Way = 'up' | 'down';

export class Line {
  readonly #target: number;
  readonly #host: string;
  readonly #pipes = new Set<Pipe>();
  readonly #silent = new Set<Way>();
  readonly #delay: Record<Way, number> = { up: 0, down: 0 };
  #server: Server | undefined;
  #port = 0;
  /** Connections that were accepted so far. */
  accepted = 0;

  private constructor(target: number, host: string) {
    this.#target = target;
    this.#host = host;
  }

  /** A line from an address of ours to 127.0.0.1:`target`, open. */
  static async to(target: number, host = '127.0.0.1'): Promise<Line> {
    const line = new Line(target, host);
    await line.open();
    return line;
  }

  get port(): number {
    return this.#port;
  }

  get endpoint(): string {
    return `${this.#host}:${this.#port}`;
  }

  get isCut(): boolean {
    return this.#server === undefined;
  }

  /** Connections that are open now. */
  get connections(): number {
    return [...this.#pipes].filter(({ way }) => way === 'up').length;
  }

  async open(): Promise<void> {
    const server = createServer((socket) => this.#join(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, this.#host, resolve);
    });
    const address = server.address();
    if (address !== null && typeof address === 'object') this.#port = address.port;
  }

  /** Ends every connection and refuses new ones, until `open`. */
  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    for (const pipe of this.#pipes) pipe.from.destroy();
    await closed;
  }

  /** Connections stay, and new ones are taken, but nothing passes; what was sent meanwhile comes afterwards. */
  silence(yes: boolean, ...ways: Way[]): void {
    for (const way of ways.length === 0 ? (['up', 'down'] as const) : ways) {
      if (yes) this.#silent.add(way);
      else this.#silent.delete(way);
    }
    for (const pipe of this.#pipes) pipe.hold(this.#silent.has(pipe.way));
  }

  /** From now on what goes this way arrives `ms` later, in order. */
  slow(way: Way, ms: number): void {
    this.#delay[way] = ms;
  }

  #join(near: Socket): void {
    this.accepted += 1;
    const far = dial(this.#target, '127.0.0.1');
    this.#pass('up', near, far);
    this.#pass('down', far, near);
  }

  #pass(way: Way, from: Socket, to: Socket): void {
    const pipe = new Pipe(way, from, to, () => this.#delay[way]);
    this.#pipes.add(pipe);
    pipe.hold(this.#silent.has(way));
    from.on('close', () => {
      this.#pipes.delete(pipe);
      to.destroy();
    });
  }
}

/** One direction of one connection. */
class Pipe {
  readonly way: Way;
  readonly from: Socket;
  readonly #to: Socket;
  readonly #waiting: { readonly due: number; readonly chunk: Buffer }[] = [];

  constructor(way: Way, from: Socket, to: Socket, delay: () => number) {
    this.way = way;
    this.from = from;
    this.#to = to;
    from.setNoDelay(true);
    from.on('error', () => {});
    from.on('data', (chunk) => {
      if (this.#waiting.length === 0 && delay() === 0) to.write(chunk);
      else if (this.#waiting.push({ due: performance.now() + delay(), chunk }) === 1) this.#await();
    });
  }

  hold(yes: boolean): void {
    if (yes) this.from.pause();
    else this.from.resume();
  }

  /** One chunk at a time, so that they stay in order. */
  #await(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    setTimeout(
      () => {
        this.#waiting.shift();
        if (!this.#to.destroyed) this.#to.write(first.chunk);
        this.#await();
      },
      Math.max(0, first.due - performance.now()),
    );
  }
}
