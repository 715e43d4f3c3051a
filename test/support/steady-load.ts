// Questions without a break over UDP: from many sockets, each with one question under way, so that none is lost to a burst.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Address } from './server.ts';

/** So long nobody's answer takes, however busy the machine is. */
const LOST_MS = 20_000;
/** Between an answer and the next question of a socket: the load is there to be steady, not to be heavy. */
const PAUSE_MS = 1;

export interface Asked {
  readonly answered: number;
  /** Questions that nobody answered, or not rightly. */
  readonly lost: readonly string[];
}

export interface LoadParts {
  readonly at: Address;
  readonly sockets: number;
  /** The packet of the n-th question. */
  readonly packet: (n: number) => Buffer;
  /** Whether a reply is what it should be. */
  readonly isRight: (reply: Buffer) => boolean;
}

export class SteadyLoad {
  readonly #parts: LoadParts;
  readonly #askers: Promise<void>[] = [];
  readonly #lost: string[] = [];
  #answered = 0;
  #next = 0;
  #ending = false;

  private constructor(parts: LoadParts) {
    this.#parts = parts;
  }

  /** Begins to ask. */
  static async start(parts: LoadParts): Promise<SteadyLoad> {
    const load = new SteadyLoad(parts);
    for (let i = 0; i < parts.sockets; i++) {
      const socket = createSocket(parts.at.host.includes(':') ? 'udp6' : 'udp4');
      socket.connect(parts.at.port, parts.at.host);
      await once(socket, 'connect');
      load.#askers.push(load.#run(socket));
    }
    return load;
  }

  get answered(): number {
    return this.#answered;
  }

  /** Ends when every question under way has been answered or given up. */
  async stop(): Promise<Asked> {
    this.#ending = true;
    await Promise.all(this.#askers);
    return { answered: this.#answered, lost: this.#lost };
  }

  async #run(socket: Socket): Promise<void> {
    try {
      while (!this.#ending) {
        await this.#ask(socket, this.#next++);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    } finally {
      socket.close();
    }
  }

  async #ask(socket: Socket, n: number): Promise<void> {
    try {
      // A refusal by the system (nobody listens on the port) comes as an error of the socket.
      const reply = once(socket, 'message', { signal: AbortSignal.timeout(LOST_MS) });
      socket.send(this.#parts.packet(n));
      const [message] = (await reply) as [Buffer];
      if (!this.#parts.isRight(message)) this.#lost.push(`${n}: ${message.toString('hex')}`);
      else this.#answered++;
    } catch (error) {
      this.#lost.push(`${n}: ${String(error)}`);
    }
  }
}
