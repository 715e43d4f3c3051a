// Who looks on: the events of /v1/live, as they come.
import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import type { LiveName } from '../../src/api/live-format.ts';

export interface LiveEvent {
  readonly event: string;
  readonly id: string | undefined;
  // What it is depends on the event, and tests say what they expect.
  readonly data: unknown;
}

const PATIENCE_MS = 30_000;

export class LiveReader {
  readonly events: LiveEvent[] = [];
  readonly response: IncomingMessage;
  readonly #request: ClientRequest;
  #text = '';
  #wake: () => void = () => {};
  /** It has been ended, by either side. */
  ended = false;

  private constructor(request: ClientRequest, response: IncomingMessage) {
    this.#request = request;
    this.response = response;
    response.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    for (const end of ['close', 'error'])
      response.on(end, () => {
        this.ended = true;
        this.#wake();
      });
  }

  /** `after`: what it has seen before. */
  static open(url: string, after?: string, more: Readonly<Record<string, string>> = {}): Promise<LiveReader> {
    const headers = { ...more, ...(after !== undefined && { 'last-event-id': after }) };
    return new Promise((resolve, reject) => {
      const request = get(`${url}/v1/live`, { headers, agent: false }, (response) =>
        resolve(new LiveReader(request, response)),
      );
      request.on('error', reject);
    });
  }

  #take(text: string): void {
    const parts = (this.#text + text).split('\n\n');
    this.#text = parts.pop() ?? '';
    for (const part of parts) {
      const fields = new Map(part.split('\n').map((line) => line.split(/: (.*)/) as [string, string]));
      const data: unknown = JSON.parse(fields.get('data') ?? 'null');
      this.events.push({ event: fields.get('event') ?? '', id: fields.get('id'), data });
    }
    this.#wake();
  }

  /** Waits until something is true of what came. */
  async until(isSo: () => boolean): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!isSo()) {
      if (Date.now() > end)
        throw new Error(
          `not so in time: ${isSo} after ${JSON.stringify(this.events.slice(-5)).slice(0, 1000)}`,
        );
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 100);
      });
    }
  }

  /** All that came, once it has ended. */
  async rest(): Promise<string> {
    await this.until(() => this.ended);
    return this.#text;
  }

  of(event: string): LiveEvent[] {
    return this.events.filter((one) => one.event === event);
  }

  /** What is served by all that was told, by path. */
  get served(): Record<string, unknown[]> {
    const served: Record<string, unknown[]> = {};
    for (const { event, data } of this.events) {
      if (event !== 'page' && event !== 'change') continue;
      for (const [path, ...services] of data as LiveName[]) {
        if (services.length === 0) delete served[path];
        else served[path] = services;
      }
    }
    return served;
  }

  close(): void {
    this.#request.destroy();
  }
}
