// dnstap over a unix socket: the handshake, readers that come late, stand still, die, or are none. Nobody waits for them.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { tapped } from '../../src/query/tapped.ts';
import { Dnstap } from '../../src/tap/dnstap.ts';
import { Control, controlFrame, readControl } from '../../src/tap/frame-streams.ts';
import { Tap } from '../../src/tap/tap.ts';
import { TestAsker } from '../support/asker.ts';
import { packet } from '../table/questions.ts';
import { World } from '../table/world.ts';
import { until } from '../transport/support.ts';
import { decode } from './dnstap-decoder.ts';

const TYPE = 'protobuf:dnstap.Dnstap';
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A reader of our own: what it got, in order. */
class Reader {
  readonly controls: number[] = [];
  readonly frames: Buffer[] = [];
  socket: Socket | undefined;
  readonly #server: Server;
  #bytes: Buffer = Buffer.alloc(0);
  readonly #accepts: Buffer;

  private constructor(accepts: Buffer) {
    this.#accepts = accepts;
    this.#server = createServer((socket) => {
      this.socket = socket;
      this.#bytes = Buffer.alloc(0);
      socket.on('error', () => {});
      socket.on('data', (bytes) => this.#read(socket, bytes));
    });
  }

  static async at(path: string, accepts = controlFrame(Control.ACCEPT, TYPE)): Promise<Reader> {
    const reader = new Reader(accepts);
    await rm(path, { force: true });
    reader.#server.listen(path);
    await once(reader.#server, 'listening');
    closing.push(() => reader.die());
    return reader;
  }

  #read(socket: Socket, bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    while (this.#bytes.length >= 4) {
      const length = this.#bytes.readUInt32BE(0);
      if (length === 0) {
        const control = readControl(this.#bytes);
        if (control === undefined || control === 'bad') return;
        this.controls.push(control.type);
        this.#bytes = this.#bytes.subarray(control.length);
        if (control.type === Control.READY) socket.write(this.#accepts);
        if (control.type === Control.STOP) socket.write(controlFrame(Control.FINISH));
      } else {
        if (this.#bytes.length < 4 + length) return;
        this.frames.push(this.#bytes.subarray(4, 4 + length));
        this.#bytes = this.#bytes.subarray(4 + length);
      }
    }
  }

  async die(): Promise<void> {
    this.socket?.destroy();
    this.#server.close();
  }

  /** The DNS messages that it got. */
  get messages(): Buffer[] {
    return this.frames.map((frame) => {
      const { message } = decode(frame);
      return (message.get(10) ?? message.get(14)) as Buffer;
    });
  }
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'fingerpost-test-'));
  closing.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function start() {
  const path = join(await folder(), 'dnstap.sock');
  const tap = new Tap();
  const counts = { messages: 0, lost: 0 };
  const counter = (name: keyof typeof counts) => ({
    inc: (by = 1) => {
      counts[name] += by;
    },
  });
  const logged: string[] = [];
  const line = (_fields: unknown, message: string) => void logged.push(message);
  const respond = tapped(new World().load({ '/skydns/z/t': { text: 'x'.repeat(900) } }).respond, tap.writer);
  const dnstap = new Dnstap({
    path,
    tap,
    identity: 'here',
    version: 'one',
    clock: realClock,
    log: { ...silent, info: line, warn: line },
    messages: counter('messages'),
    lost: counter('lost'),
  });
  closing.push(() => dnstap.close());
  const reply = Buffer.alloc(1232);
  const ask = (name = 't.z') => {
    const request = packet({ name, type: 16, size: 1232 });
    const length = respond(request, new TestAsker('udp'), reply);
    return [request, Buffer.from(reply.subarray(0, length))] as const;
  };
  return { path, tap, dnstap, counts, logged, ask };
}

it('shakes hands, sends question and reply as they were, and takes leave', async () => {
  const { path, dnstap, counts, ask } = await start();
  const reader = await Reader.at(path);
  await until(() => reader.controls.length === 2, 'it has begun');
  const asked = [ask(), ask('no.z'), ask()].flat();
  await until(() => reader.frames.length === 6, 'all have come');
  expect(reader.messages).toEqual(asked);
  await dnstap.close();
  expect(reader.controls).toEqual([Control.READY, Control.START, Control.STOP]);
  expect(counts).toEqual({ messages: 6, lost: 0 });
});

it('counts what nobody reads, and begins with what is asked when somebody does, again and again', async () => {
  const { path, counts, logged, ask } = await start();
  ask();
  await until(() => counts.lost === 2, 'it is counted');
  for (let time = 1; time <= 2; time++) {
    const reader = await Reader.at(path);
    await until(() => reader.controls.length === 2, 'the reader is found');
    const asked = ask();
    await until(() => reader.frames.length >= 2, 'the reader reads');
    expect(reader.messages).toEqual(asked);
    await reader.die();
    await until(
      () => logged.filter((one) => one.includes('has no reader')).length === time + 1,
      'it is missed',
    );
    const { lost } = counts;
    ask();
    await until(() => counts.lost === lost + 2, 'it is counted');
  }
  expect(counts.messages).toBe(4);
});

it('loses and counts what a reader that stands still does not take, and goes on when it reads', async () => {
  const { path, tap, counts, ask } = await start();
  const reader = await Reader.at(path);
  await until(() => reader.controls.length === 2, 'it has begun');
  reader.socket!.pause();
  let asked = 0;
  for (; counts.lost === 0 && asked < 40_000; asked++) {
    ask();
    // Once in a while the main thread gets to it.
    if (asked % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 25));
  }
  expect(counts.lost).toBeGreaterThan(0);
  reader.socket!.resume();
  tap.drain();
  await until(() => reader.frames.length === counts.messages, 'it has read what was kept');
  expect(counts.messages + counts.lost).toBe(2 * asked);
  const before = reader.frames.length;
  await until(() => {
    ask('no.z');
    return reader.frames.length > before;
  }, 'it reads on');
});

it.each([
  ['speaks something else', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), /does not speak/],
  ['reads something else', controlFrame(Control.ACCEPT, 'protobuf:other'), /does not read/],
  ['says that it is done', controlFrame(Control.STOP), /does not read/],
])('leaves whoever %s, says so, and looks for another', async (_what, accepts, reason) => {
  const path = join(await folder(), 'dnstap.sock');
  const stranger = await Reader.at(path, accepts);
  const reasons: unknown[] = [];
  const log = {
    ...silent,
    warn: (fields: Readonly<Record<string, unknown>>) => void reasons.push(fields.reason),
  };
  const parts = { path, tap: new Tap(), identity: '', version: '', clock: realClock, log };
  const nothing = { inc: () => {} };
  const dnstap = new Dnstap({ ...parts, messages: nothing, lost: nothing });
  closing.push(() => dnstap.close());
  await until(() => reasons.length > 0, 'it is said');
  expect(String(reasons[0])).toMatch(reason);
  await stranger.die();
  const reader = await Reader.at(path);
  await until(() => reader.controls.length === 2, 'another is found');
});

it('reads control frames as the specification has them', () => {
  const frame = controlFrame(Control.ACCEPT, TYPE);
  expect(frame.toString('hex').slice(0, 40)).toBe('000000000000002200000001000000010000001616'.slice(0, 40));
  for (let length = 0; length < frame.length; length++)
    expect(readControl(frame.subarray(0, length))).toBeUndefined();
  expect(readControl(Buffer.concat([frame, frame]))).toEqual({
    type: 1,
    contentTypes: [TYPE],
    length: frame.length,
  });
  expect(readControl(controlFrame(Control.FINISH))).toEqual({ type: 5, contentTypes: [], length: 12 });
  const torn = Buffer.from(frame);
  torn.writeUInt32BE(200, 16);
  const long = Buffer.from(frame);
  long.writeUInt32BE(513, 4);
  for (const bad of [torn, long, Buffer.alloc(8), Buffer.from('GET / HTTP/1.1')])
    expect(readControl(bad)).toBe('bad');
});
