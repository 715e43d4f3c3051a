// One question to one server: UDP, again over TCP where the answer was cut (RFC 7766 5). dns2 packs and unpacks.

import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createConnection, isIPv6 } from 'node:net';
import { Packet } from 'dns2';
import { addressText, type ListenAddress } from '../app/config.ts';
import { FingerpostError } from '../base/errors.ts';
import type { Question } from './lookup-words.ts';

export interface Reply {
  readonly packet: Packet;
  readonly transport: 'udp' | 'tcp';
  readonly ms: number;
  readonly bytes: number;
}

export interface AskOptions {
  /** Milliseconds for each try. */
  readonly timeoutMs: number;
  /** Straight to TCP. */
  readonly tcp: boolean;
}

/** A first packet may be lost on its way; a second one seldom is too. */
const UDP_TRIES = 2;
/** What fits one packet on nearly every path (DNS flag day 2020). */
const UDP_SIZE = 1232;

function queryOf({ name, type }: Question): { id: number; bytes: Buffer } {
  const packet = new Packet({ id: randomInt(0x10000), rd: 1 } as Packet['header']);
  packet.questions.push({ name, type, class: Packet.CLASS.IN } as Packet['questions'][number]);
  packet.additionals.push({ ...Packet.Resource.EDNS([]), class: UDP_SIZE });
  return { id: packet.header.id, bytes: packet.toBuffer() };
}

/** A socket's talk as a promise: settled once, closed and its timer stopped whatever happens. */
function exchange(
  timeoutMs: number,
  late: () => Error,
  talk: (done: (bytes: Buffer) => void, failed: (error: Error) => void) => () => void,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const timer = setTimeout(() => reject(late()), timeoutMs);
  const close = talk(resolve, reject);
  return promise.finally(() => {
    clearTimeout(timer);
    close();
  });
}

function silent(server: ListenAddress, transport: string, timeoutMs: number): FingerpostError {
  const within = `${timeoutMs / 1000} s`;
  return new FingerpostError(
    'unavailable',
    `no answer from ${addressText(server)} over ${transport} within ${within}`,
  );
}

/** The socket is connected, so that only this server is heard, and a closed port is reported at once. */
function overUdp(
  query: { id: number; bytes: Buffer },
  server: ListenAddress,
  timeoutMs: number,
): Promise<Buffer> {
  return exchange(
    timeoutMs,
    () => silent(server, 'udp', timeoutMs),
    (done, failed) => {
      const socket = createSocket(isIPv6(server.host) ? 'udp6' : 'udp4');
      socket.on('error', failed);
      socket.on('message', (bytes) => {
        if (bytes.length >= 12 && bytes.readUInt16BE(0) === query.id) done(bytes);
      });
      socket.connect(server.port, server.host, () => socket.send(query.bytes));
      return () => socket.close();
    },
  );
}

function overTcp(query: { bytes: Buffer }, server: ListenAddress, timeoutMs: number): Promise<Buffer> {
  return exchange(
    timeoutMs,
    () => silent(server, 'tcp', timeoutMs),
    (done, failed) => {
      const socket = createConnection(server, () => {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(query.bytes.length);
        socket.write(Buffer.concat([length, query.bytes]));
      });
      socket.on('error', failed);
      Packet.readStream(socket).then(done, failed);
      return () => socket.destroy();
    },
  );
}

async function overUdpAgain(
  query: { id: number; bytes: Buffer },
  server: ListenAddress,
  timeoutMs: number,
): Promise<Buffer> {
  for (let tries = 1; ; tries++) {
    try {
      return await overUdp(query, server, timeoutMs);
    } catch (error) {
      if (!(error instanceof FingerpostError) || tries === UDP_TRIES) throw error;
    }
  }
}

function unpack(bytes: Buffer, server: ListenAddress): Packet {
  try {
    return Packet.parse(bytes);
  } catch (cause) {
    throw new FingerpostError('unavailable', `${addressText(server)} sent what is no DNS message`, { cause });
  }
}

async function send(
  question: Question,
  server: ListenAddress,
  { timeoutMs, tcp }: AskOptions,
): Promise<Reply> {
  const query = queryOf(question);
  const start = performance.now();
  const bytes = await (tcp ? overTcp : overUdpAgain)(query, server, timeoutMs);
  const ms = performance.now() - start;
  return { packet: unpack(bytes, server), transport: tcp ? 'tcp' : 'udp', ms, bytes: bytes.length };
}

function failed(server: ListenAddress, cause: unknown): FingerpostError {
  const refused = cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED';
  const what = refused ? `no server listens on ${addressText(server)}` : `cannot ask ${addressText(server)}`;
  return new FingerpostError('unavailable', what, { cause });
}

/** Resolves to the whole answer; rejects with FingerpostError('unavailable') where none comes. */
export async function ask(question: Question, server: ListenAddress, options: AskOptions): Promise<Reply> {
  try {
    const reply = await send(question, server, options);
    const cut = reply.transport === 'udp' && reply.packet.header.tc === 1;
    return cut ? await send(question, server, { ...options, tcp: true }) : reply;
  } catch (error) {
    if (error instanceof FingerpostError) throw error;
    throw failed(server, error);
  }
}
