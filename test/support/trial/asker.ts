// Asks without a break, over UDP and now and then over TCP, and hands every answer to the judge.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Dice } from '../hostile.ts';
import { idOf, query, question, TcpClient } from '../raw.ts';
import type { Address } from '../server.ts';
import { answerIn } from './answer.ts';
import type { Asked, Checker } from './checker.ts';
import { type Question, questions } from './course.ts';

export interface AskerParts {
  readonly at: Address;
  readonly checker: Checker;
  readonly seed: number;
}

const SOCKETS = 4;
const PAUSE_MS = { udp: 4, tcp: 50, away: 100 };
/** As resolvers do, it asks again when no answer comes. */
const AGAIN_MS = 1_000;
/** And gives up, which nobody's answer takes, however busy the machine is. */
const LOST_MS = 30_000;
/** An OPT record with a size of 1232 (RFC 6891 section 6.1). */
const OPT = Buffer.from([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]);

export class Asker {
  readonly #parts: AskerParts;
  readonly #dice: Dice;
  readonly #questions: readonly Question[];
  readonly #running: Promise<void>[] = [];
  #ending = false;

  private constructor(parts: AskerParts) {
    this.#parts = parts;
    this.#dice = new Dice(parts.seed);
    this.#questions = questions(this.#dice);
  }

  /** Begins to ask. */
  static async start(parts: AskerParts): Promise<Asker> {
    const asker = new Asker(parts);
    for (let i = 0; i < SOCKETS; i++) {
      const socket = createSocket('udp4');
      socket.connect(parts.at.port, parts.at.host);
      await once(socket, 'connect');
      asker.#running.push(asker.#overUdp(socket));
    }
    asker.#running.push(asker.#overTcp());
    for (const one of asker.#running) one.catch(() => {}); // `stop` tells
    return asker;
  }

  /** Ends when every question under way has been answered or given up. */
  async stop(): Promise<void> {
    this.#ending = true;
    await Promise.all(this.#running);
  }

  #draw(): { id: number; asked: Asked; packet: Buffer } {
    const { id: what, type, name } = this.#dice.pick(this.#questions);
    const id = this.#dice.roll(65_536);
    const packet = query({ id, questions: [question(name(), type)] });
    const asked = this.#parts.checker.ask(what);
    if (this.#dice.roll(2) === 0) return { id, asked, packet };
    packet[11] = 1;
    return { id, asked, packet: Buffer.concat([packet, OPT]) };
  }

  async #overUdp(socket: Socket): Promise<void> {
    try {
      while (!this.#ending) {
        await this.#askUdp(socket);
        await delay(PAUSE_MS.udp);
      }
    } finally {
      socket.close();
    }
  }

  async #askUdp(socket: Socket): Promise<void> {
    const { checker } = this.#parts;
    const { id, asked, packet } = this.#draw();
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = (reply: Buffer) => {
      if (idOf(reply) !== id) return; // late, to a question that was asked again
      checker.answered(asked, answerIn(reply));
      resolve();
    };
    let sent = 0;
    const send = () => {
      if (this.#ending && sent > 0) resolve();
      if (sent++ === 1) checker.again();
      socket.send(packet, () => {}); // a refusal means that nobody listens just now
    };
    const ignore = () => {};
    const again = setInterval(send, AGAIN_MS);
    const lost = setTimeout(() => {
      if (!this.#ending) checker.unanswered();
      resolve();
    }, LOST_MS);
    socket.on('message', done).on('error', ignore);
    send();
    await promise;
    clearInterval(again);
    clearTimeout(lost);
    socket.off('message', done).off('error', ignore);
  }

  async #overTcp(): Promise<void> {
    while (!this.#ending) {
      const client = await TcpClient.open(this.#parts.at).catch(() => undefined);
      if (client === undefined) await delay(PAUSE_MS.away);
      else await this.#askTcp(client);
    }
  }

  /** Until the connection ends; a question that was under way then is asked again over another one. */
  async #askTcp(client: TcpClient): Promise<void> {
    const { checker } = this.#parts;
    for (let open = true; open && !this.#ending; await delay(PAUSE_MS.tcp)) {
      const { asked, packet } = this.#draw();
      const lost = setTimeout(() => {
        checker.unanswered();
        client.close();
      }, LOST_MS);
      client.send(packet);
      const reply = await client.next();
      clearTimeout(lost);
      open = reply !== undefined;
      if (reply !== undefined) checker.answered(asked, answerIn(reply));
    }
    client.close();
  }
}
