// A reader of server-sent events, for tests: what has come so far, and a wait for more.
import { type IncomingMessage, request } from 'node:http';
import { vi } from 'vitest';
import { EventReader, type ServerEvent } from '../../src/registry/http-events.ts';

export class Reading {
  readonly events: ServerEvent[] = [];
  status = 0;
  isOver = false;
  #response: IncomingMessage | undefined;

  /** Resolves when the response has begun. */
  static open(
    origin: string,
    path: string,
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<Reading> {
    const reading = new Reading();
    return new Promise((resolve, reject) => {
      const sent = request(`${origin}${path}`, { method, headers, agent: false }, (response) => {
        reading.#response = response;
        reading.status = response.statusCode ?? 0;
        const cutter = new EventReader();
        response.setEncoding('utf8').on('data', (text: string) => reading.events.push(...cutter.read(text)));
        response.once('close', () => {
          reading.isOver = true;
        });
        resolve(reading);
      });
      sent.once('error', reject);
      sent.end();
    });
  }

  /** The names of the events and their data. */
  get all(): [string, Record<string, unknown>][] {
    return this.events.map(({ name, data }) => [name, JSON.parse(data)]);
  }

  /** Those of one name. */
  of(name: string): Record<string, unknown>[] {
    return this.all.flatMap(([one, data]) => (one === name ? [data] : []));
  }

  async until(holds: (reading: this) => boolean): Promise<void> {
    await vi.waitFor(
      () => {
        if (!holds(this)) throw new Error(`not yet: ${JSON.stringify(this.all).slice(0, 1000)}`);
      },
      { timeout: 30_000, interval: 10 },
    );
  }

  /** Reads no more. */
  pause(): void {
    this.#response?.pause();
  }

  resume(): void {
    this.#response?.resume();
  }

  close(): void {
    this.#response?.destroy();
  }
}
