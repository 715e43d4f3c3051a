// The address of this machine from which packets leave towards another: the routing table knows, nothing is sent.
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { FingerpostError, messageOf } from '../base/errors.ts';

export interface Towards {
  readonly host: string;
  readonly port: number;
}

/** Somewhere else (TEST-NET-1, RFC 5737): what routes there routes anywhere. */
const ANYWHERE: Towards = { host: '192.0.2.1', port: 53 };

/** `host:port` with IPv6 addresses in brackets, as registry URLs have it. */
export function towards(text: string): Towards {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}

/**
 * Our address on the way to the first of `targets` that there is a way to; without targets, to anywhere. Rejects with a
 * FingerpostError `unavailable`.
 */
export async function ownAddress(targets: readonly Towards[]): Promise<string> {
  const failures: string[] = [];
  for (const target of targets.length === 0 ? [ANYWHERE] : targets) {
    try {
      return await addressTowards(target);
    } catch (cause) {
      failures.push(messageOf(cause));
    }
  }
  const message = `no address of this machine is known to lead to the registry (${failures.join('; ')}): name one with --host`;
  throw new FingerpostError('unavailable', message);
}

async function addressTowards({ host, port }: Towards): Promise<string> {
  const { address, family } = await lookup(host);
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('connect', resolve);
      socket.connect(port, address);
    });
    return socket.address().address.replace(/%.*$/, '');
  } finally {
    socket.close();
  }
}
