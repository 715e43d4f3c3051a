// Free ports on the loopback, outside the range from which the kernel gives out ports by itself: connections that other
// programs open meanwhile do not take them.
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const LOWEST = 10_000;
/** Linux gives out ports from 32768 on (ip_local_port_range). */
const HIGHEST = 32_000;
const MOST_TRIES = 1_000;

const given = new Set<number>();

/** A port on 127.0.0.1 that was free for TCP and UDP a moment ago, and that nobody in this process was given before. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const port = randomInt(LOWEST, HIGHEST);
    if (given.has(port)) continue;
    given.add(port);
    if ((await canListen(port)) && (await canReceive(port))) return port;
  }
  throw new Error(`no port from ${LOWEST} to ${HIGHEST} is free`);
}

/** Several of them, no two alike. */
export async function freePorts(count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, freePort));
}

function canListen(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function canReceive(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)));
  });
}
