// A server that was stopped and is started again forwards as before: to its servers, and to those of stub zones.
import { expect, it } from 'vitest';
import { createServer } from '../../src/index.ts';
import { udpReply } from '../support/raw.ts';
import { replies, server as upstreamServer } from '../upstream/rig.ts';
import { header, question, wire } from '../wire/packets.ts';

it('forwards again', async () => {
  const [all, stub] = [await upstreamServer(replies()), await upstreamServer(replies())];
  const textOf = ({ address: { host, port } }: typeof all) => `${host}:${port}`;
  const server = createServer({
    registry: 'sqlite::memory:',
    listen: '127.0.0.1:0',
    http: 'off',
    workers: 0,
    forward: textOf(all),
    stub: `example.com=${textOf(stub)}`,
    forwardTimeout: 30,
  });
  for (const time of ['first', 'second']) {
    await server.start();
    await server.ready;
    for (const [labels, asked] of [
      [[time, 'example', 'org'], all],
      [[time, 'example', 'com'], stub],
    ] as const) {
      const packet = Uint8Array.from([...header(), ...question(wire(...labels))]);
      const reply = await udpReply(server.addresses[0]!, packet);
      expect([reply[3]! & 15, ...reply.subarray(-4)]).toEqual([0, 192, 0, 2, 1]);
      expect(asked.askings.some(({ question: bytes }) => bytes.includes(time))).toBe(true);
    }
    await server.stop();
  }
});
