// Who is served with names outside, and how much of it: other clients are refused, equal questions are asked once, no client
// takes all there is.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dig, short, status } from '../support/dig.ts';
import { idOf, query, question, rcodeOf } from '../support/raw.ts';
import { PATIENT, Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';
import { loadServices } from '../support/services.ts';
import { addresses, namesAsked, startScripted, UPSTREAM_ADDRESS } from '../support/upstream.ts';
import type { Asking, ScriptedServer } from '../upstream/scripted.ts';

const SERVFAIL = 2;
const soon = { timeout: 60_000, interval: 50 };
const scene = new Scene();
let upstream: ScriptedServer;

const forwardTo = ({ address: { host, port } }: ScriptedServer): string[] => [
  ...PATIENT,
  ...['--forward', `${host}:${port}`],
];

/** A client at an address of its own that sends without waiting. */
class Crowd {
  readonly #socket: Socket;
  readonly replies: Buffer[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (reply) => this.replies.push(reply));
  }

  static async at(address: string): Promise<Crowd> {
    const socket = createSocket('udp4');
    socket.bind(0, address);
    await once(socket, 'listening');
    const crowd = new Crowd(socket);
    crowds.add(crowd);
    return crowd;
  }

  /** Asks; ids count from 0. */
  ask({ address }: TestServer, ...names: readonly string[]): void {
    for (const [id, name] of names.entries())
      this.#socket.send(query({ id, questions: [question(name)] }), address.port, address.host);
  }

  rcodes(rcode: number): number {
    return this.replies.filter((reply) => rcodeOf(reply) === rcode).length;
  }

  close(): void {
    this.#socket.close();
  }
}

const crowds = new Set<Crowd>();
afterAll(() => {
  for (const crowd of crowds) crowd.close();
});

beforeAll(async () => {
  upstream = await startScripted(scene, addresses());
});

describe('a client that is not in --forward-for', () => {
  const FROM = { other: ['-b', '127.0.0.1'], served: ['-b', '127.0.0.2'] };
  let server: TestServer;

  beforeAll(async () => {
    const cwd = await scene.folder();
    await loadServices(scene, cwd, {
      'a.skydns.local': { host: '10.0.0.1' },
      'outside.skydns.local': { host: 'host.example.com' },
    });
    const only = ['--forward-for', '127.0.0.2/32', '--search', 'skydns.local', '--workers', '1'];
    server = await scene.server([...forwardTo(upstream), ...only], { cwd });
  });

  const flags = async (...words: readonly string[]): Promise<string> =>
    /flags: ([a-z ]+);/.exec(await dig(server.address, ...words))?.[1] ?? '';

  it('is refused, whether the answer is known or not, and nobody is asked for its sake', async () => {
    expect(await dig(server.address, ...FROM.other, 'first.example.com')).toMatch(
      /REFUSED[\s\S]*EDE: 18 \(Prohibited\)/,
    );
    expect(namesAsked(upstream)).toEqual([]);
    for (let time = 0; time < 3; time++) {
      for (const way of [['+notcp'], ['+tcp']]) {
        expect(await short(server.address, ...FROM.served, ...way, 'www.example.com')).toEqual([
          UPSTREAM_ADDRESS,
        ]);
        expect(await status(server.address, ...FROM.other, ...way, 'www.example.com')).toBe('REFUSED');
      }
      for (const name of ['localhost', '1.0.0.10.in-addr.arpa', 'short'])
        expect(await status(server.address, ...FROM.other, name)).toBe('REFUSED');
      expect(await status(server.address, ...FROM.other, 'www.example.com.skydns.local')).toBe('NXDOMAIN');
    }
    expect(namesAsked(upstream)).toEqual(['www.example.com']);
  });

  it('is not told that it may recurse, the others are, of zone names too', async () => {
    for (let time = 0; time < 3; time++) {
      for (const name of ['a.skydns.local', 'none.skydns.local', 'www.example.com']) {
        expect(await flags(...FROM.served, name)).toMatch(/ ra$/);
        expect(await flags(...FROM.other, name)).not.toMatch(/ra/);
      }
    }
  });

  it('gets what is in the zones all the same, and what services lead to', async () => {
    expect(await short(server.address, ...FROM.other, 'a.skydns.local')).toEqual(['10.0.0.1']);
    expect(await short(server.address, ...FROM.other, 'outside.skydns.local')).toEqual([
      UPSTREAM_ADDRESS,
      'host.example.com.',
    ]);
  });
});

describe('forwarding', () => {
  it('is off until it is turned on, and off again when it is turned off', async () => {
    const config = join(await scene.folder(), 'fingerpost.yaml');
    await writeFile(config, 'ttl: 30\n');
    const server = await scene.server(['--config', config]);
    const ask = () => short(server.address, 'www.example.com');
    const flags = async () => /flags: ([a-z ]+);/.exec(await dig(server.address, 'skydns.local'))?.[1];
    expect(await status(server.address, 'www.example.com')).toBe('REFUSED');
    expect(await flags()).toBe('qr aa rd');
    const { host, port } = upstream.address;
    await writeFile(config, `forward: ["${host}:${port}"]\nforward-timeout: 30\n`);
    server.program.signal('SIGHUP');
    await expect.poll(ask, soon).toEqual([UPSTREAM_ADDRESS]);
    expect(await flags()).toBe('qr aa rd ra');
    await writeFile(config, 'ttl: 30\n');
    server.program.signal('SIGHUP');
    await expect.poll(() => status(server.address, 'www.example.com'), soon).toBe('REFUSED');
    expect(await flags()).toBe('qr aa rd');
  });
});

describe('questions in flight', () => {
  /** Holds back its replies until it is let go. */
  async function holding(): Promise<{ held: Asking[]; upstream: ScriptedServer; letGo: () => void }> {
    const held: Asking[] = [];
    const made = await startScripted(scene, (asking) => held.push(asking));
    const letGo = (): void => {
      made.script = addresses();
      for (const asking of held.splice(0)) made.script(asking);
    };
    return { held, upstream: made, letGo };
  }

  it('that are equal are asked once, and each is answered', async () => {
    const { upstream: slow, letGo } = await holding();
    const server = await scene.server([...forwardTo(slow)]);
    const clients = await Promise.all(
      ['127.0.0.1', '127.0.0.2', '127.0.0.3'].map((address) => Crowd.at(address)),
    );
    const names = Array.from({ length: 20 }, (_, i) =>
      i % 2 === 0 ? 'same.example.com' : 'SAME.Example.com',
    );
    for (const client of clients) client.ask(server, ...names);
    await expect.poll(() => server.metric('fingerpost_upstream_merged_total'), soon).toBe(59);
    letGo();
    for (const client of clients) {
      await expect.poll(() => client.replies.length, soon).toBe(20);
      expect(new Set(client.replies.map(idOf)).size).toBe(20);
      for (const reply of client.replies) {
        const asked = question(names[idOf(reply)]!);
        expect(reply.subarray(12, 12 + asked.length)).toEqual(asked);
        expect([...reply.subarray(-4)]).toEqual([192, 0, 2, 80]);
      }
    }
    // While it was silent the one question was repeated: always the same, with one id.
    const questions = slow.askings.filter(
      ({ question: { length } }) => length === question('same.example.com').length,
    );
    expect(new Set(questions.map(({ id }) => id)).size).toBe(1);
  });

  it('of one client are bounded, and of all', async () => {
    const { upstream: slow, letGo } = await holding();
    const bounds = ['--forward-max-per-client', '5', '--forward-max', '12'];
    const server = await scene.server([...forwardTo(slow), ...bounds]);
    const names = (who: string) => Array.from({ length: 20 }, (_, i) => `${who}${i}.example.com`);
    const first = await Crowd.at('127.0.0.1');
    first.ask(server, ...names('first'));
    await expect.poll(() => first.rcodes(SERVFAIL), soon).toBe(15);
    expect(await dig(server.address, '-b', '127.0.0.1', 'more.example.com')).toMatch(
      /SERVFAIL[\s\S]*EDE: 0 \(Other\).*too many questions are in flight/,
    );
    // Five are left of the whole for the second, and two for the third.
    const second = await Crowd.at('127.0.0.2');
    second.ask(server, ...names('second'));
    await expect.poll(() => second.rcodes(SERVFAIL), soon).toBe(15);
    const third = await Crowd.at('127.0.0.3');
    third.ask(server, ...names('third'));
    await expect.poll(() => third.rcodes(SERVFAIL), soon).toBe(18);
    expect(new Set(namesAsked(slow)).size).toBe(12);
    // Zone names are answered meanwhile.
    expect(await status(server.address, 'skydns.local', 'SOA')).toBe('NOERROR');
    letGo();
    for (const [client, count] of [
      [first, 5],
      [second, 5],
      [third, 2],
    ] as const)
      await expect.poll(() => client.rcodes(0), soon).toBe(count);
    expect(await short(server.address, 'after.example.com')).toEqual([UPSTREAM_ADDRESS]);
  });
});
