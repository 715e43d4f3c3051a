// HTTP requests without a break, each on a connection of its own, all that came of them kept.
import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** So long no request takes, however busy the machine is. */
const LOST_MS = 30_000;

export interface Result {
  /** When it was begun and ended, milliseconds of `performance.now()`. */
  readonly begun: number;
  readonly ended: number;
  /** Answered 200. */
  readonly ok: boolean;
  /** What was answered, without the last newline; the error where nothing was. */
  readonly body: string;
}

/** One request; never rejects. */
export function request(url: string): Promise<Result> {
  const begun = performance.now();
  return new Promise((resolve) => {
    const done = (ok: boolean, body: string) => resolve({ begun, ended: performance.now(), ok, body });
    const asked = get(url, { agent: false, timeout: LOST_MS }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.once('end', () => done(response.statusCode === 200, body.trimEnd()));
      response.once('error', (error) => done(false, String(error)));
    });
    asked.once('timeout', () => asked.destroy(new Error('no answer')));
    asked.once('error', (error) => done(false, String(error)));
  });
}

export class Requests {
  /** In the order in which they ended. */
  readonly results: Result[] = [];
  readonly #askers: Promise<void>[];
  #ending = false;

  private constructor(url: string, askers: number, pauseMs: number) {
    this.#askers = Array.from({ length: askers }, () => this.#run(url, pauseMs));
  }

  /** Begins: so many askers, each resting between an answer and its next request. */
  static start(url: string, askers: number, pauseMs: number): Requests {
    return new Requests(url, askers, pauseMs);
  }

  /** Ends when every request under way has come to its end. */
  async stop(): Promise<readonly Result[]> {
    this.#ending = true;
    await Promise.all(this.#askers);
    return this.results;
  }

  async #run(url: string, pauseMs: number): Promise<void> {
    while (!this.#ending) {
      this.results.push(await request(url));
      await delay(pauseMs);
    }
  }
}
