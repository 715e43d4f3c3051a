// Packets at a server as fast as it takes them, over UDP and over TCP.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Type } from './ask.ts';

/** Packets between two proofs that the server has taken what came before. */
const BATCH = 500;

/** Sends `count` datagrams; after each batch `name` must be answered with `address`, so that none piles up and is lost. */
export async function floodUdp(
  port: number,
  count: number,
  packet: () => Buffer,
  proof: { readonly name: string; readonly address: string },
): Promise<void> {
  const client = await Client.open(port);
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => {});
  for (let sent = 0; sent < count; sent += BATCH) {
    for (let i = 0; i < BATCH; i++) socket.send(packet());
    await stillRight(client, proof.name, proof.address);
  }
  socket.close();
  client.close();
}

/** Asks until answered, five times at most; throws when the answer is wrong. */
export async function stillRight(client: Client, name: string, address: string): Promise<void> {
  const reply = await client.askWhole(name, Type.A);
  const seen = reply.subarray(-4).join('.');
  if (seen !== address) throw new Error(`${name} is answered with ${seen} instead of ${address}`);
}

/** One TCP connection with several framed packets, cut anywhere, then ended or reset. */
export async function floodTcp(port: number, packets: readonly Buffer[], next: () => number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const stream = Buffer.concat(packets.flatMap((packet) => [prefix(packet.length, next), packet]));
  const cut = Math.floor(next() * stream.length);
  socket.write(stream.subarray(0, cut));
  await delay(1);
  socket.write(stream.subarray(cut));
  if (next() < 0.3) socket.resetAndDestroy();
  else socket.end();
  await closed;
}

/** Usually the true length, sometimes a lie. */
function prefix(length: number, next: () => number): Buffer {
  const told = next() < 0.95 ? length : Math.floor(next() * 65_536);
  return Buffer.of(told >> 8, told & 255);
}
