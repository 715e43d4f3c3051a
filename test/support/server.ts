// A server process under test: where it listens, and what it says of itself over HTTP.
import { z } from 'zod';
import type { Ended, LogLine, Running } from './program.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

const address = z.object({ host: z.string(), port: z.number() });
const listening = z.object({ listen: z.array(address).min(1), http: address });
const health = z.object({
  ready: z.boolean(),
  state: z.string(),
  revision: z.number(),
  cause: z.string().optional(),
  held: z.array(z.object({ name: z.string(), held: z.number(), of: z.number() })).optional(),
  upstream: z
    .array(
      z.object({
        name: z.string(),
        servers: z.array(
          z.object({
            address: z.string(),
            state: z.string(),
            since: z.string().optional(),
            roundTripMs: z.number().optional(),
          }),
        ),
      }),
    )
    .default([]),
});

export type Health = z.infer<typeof health>;

export class TestServer {
  readonly program: Running;
  readonly addresses: readonly Address[];
  readonly http: Address;

  private constructor(program: Running, addresses: readonly Address[], http: Address) {
    this.program = program;
    this.addresses = addresses;
    this.http = http;
  }

  /** Resolves when its ports are open. */
  static async listening(program: Running): Promise<TestServer> {
    const { listen, http } = listening.parse(await program.logged(/^listening/));
    return new TestServer(program, listen, http);
  }

  /** Resolves to its ready line. */
  ready(): Promise<string> {
    return this.program.line(/^fingerpost ready: /);
  }

  /** The first address that it listens on. */
  get address(): Address {
    return this.addresses[0]!;
  }

  get port(): number {
    return this.address.port;
  }

  get log(): LogLine[] {
    return this.program.log;
  }

  stop(signal?: NodeJS.Signals): Promise<Ended> {
    return this.program.stop(signal);
  }

  #get(path: string): Promise<Response> {
    return fetch(`http://${this.http.host}:${this.http.port}${path}`);
  }

  /** /readyz and its status. */
  async readyz(): Promise<Health & { status: number }> {
    const response = await this.#get('/readyz');
    return { status: response.status, ...health.parse(await response.json()) };
  }

  /** The value of a metric without labels. */
  async metric(name: string): Promise<number> {
    const text = await (await this.#get('/metrics')).text();
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    if (line === undefined) throw new Error(`no metric ${name}`);
    return Number(line.slice(name.length + 1));
  }
}
