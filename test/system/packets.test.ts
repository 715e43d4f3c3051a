// Packets that no well-behaved client sends, names at the limits, and many questions on one TCP connection.
import { beforeAll, describe, expect, it } from 'vitest';
import { short } from '../support/dig.ts';
import {
  idOf,
  query,
  question,
  rcodeOf,
  repliesTo,
  TcpClient,
  TYPE,
  udpReply,
  wireName,
} from '../support/raw.ts';
import { Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';
import { loadServices } from '../support/services.ts';

const NOERROR = 0;
const FORMERR = 1;
const NXDOMAIN = 3;
const NOTIMP = 4;
const scene = new Scene();
let server: TestServer;

beforeAll(async () => {
  const folder = await scene.folder();
  await loadServices(scene, folder, { 'a.skydns.local': { host: '10.0.0.1' } });
  server = await scene.server(['--listen', '127.0.0.1:0', '--listen', '[::1]:0'], { cwd: folder });
});

/** Labels under skydns.local whose name takes so many bytes on the wire, its end included. */
function nameOfBytes(bytes: number): Buffer {
  const zone = ['skydns', 'local'];
  let left = bytes - wireName(zone).length;
  const labels: string[] = [];
  while (left > 0) {
    // A label of `size` takes size + 1 bytes, and what is left over must not be a single byte.
    const size = Math.min(63, left - 1 === 64 ? 62 : left - 1);
    labels.push('x'.repeat(size));
    left -= size + 1;
  }
  return wireName([...labels, ...zone]);
}

describe('over UDP', () => {
  it.each([
    ['nothing at all', Buffer.alloc(0)],
    ['11 bytes', Buffer.alloc(11)],
    ['a reply', query({ flags: 0x8180, questions: [question('a.skydns.local')] })],
    ['a reply that is cut', query({ flags: 0x8180 })],
  ])('%s gets no reply', async (_what, packet) => {
    const good = query({ id: 1, questions: [question('a.skydns.local')] });
    expect(await repliesTo(server.address, [packet], good)).toEqual([]);
  });

  it('two questions are FORMERR', async () => {
    const one = question('a.skydns.local');
    const reply = await udpReply(server.address, query({ id: 7, questions: [one, one] }));
    expect([idOf(reply), rcodeOf(reply)]).toEqual([7, FORMERR]);
  });

  it('no question is FORMERR', async () => {
    expect(rcodeOf(await udpReply(server.address, query({})))).toBe(FORMERR);
  });

  it('another opcode is NOTIMP', async () => {
    const update = query({ flags: 5 << 11, questions: [question('skydns.local')] });
    expect(rcodeOf(await udpReply(server.address, update))).toBe(NOTIMP);
  });

  it('a name of 255 bytes is looked up, one of 256 is FORMERR', async () => {
    const longest = nameOfBytes(255);
    const tooLong = nameOfBytes(256);
    expect([longest.length, tooLong.length]).toEqual([255, 256]);
    const ask = (name: Buffer) => udpReply(server.address, query({ questions: [question(name)] }));
    expect(rcodeOf(await ask(longest))).toBe(NXDOMAIN);
    expect(rcodeOf(await ask(tooLong))).toBe(FORMERR);
  });

  it('a label of 63 bytes is looked up, one of 64 is FORMERR', async () => {
    const ask = (label: string) =>
      udpReply(server.address, query({ questions: [question(wireName([label, 'skydns', 'local']))] }));
    expect(rcodeOf(await ask('x'.repeat(63)))).toBe(NXDOMAIN);
    expect(rcodeOf(await ask('x'.repeat(64)))).toBe(FORMERR);
  });

  it('a name that points at itself is FORMERR', async () => {
    const loop = Buffer.of(0xc0, 12, 0, 1, 0, 1);
    expect(rcodeOf(await udpReply(server.address, query({ questions: [loop] })))).toBe(FORMERR);
  });

  it('the case of the question comes back as it was sent', async () => {
    const asked = query({ questions: [question('A.sKyDnS.LoCaL')] });
    const reply = await udpReply(server.address, asked);
    expect(rcodeOf(reply)).toBe(NOERROR);
    expect(reply.subarray(12, asked.length)).toEqual(asked.subarray(12));
  });
});

describe('over TCP', () => {
  it('questions sent at once are all answered, each once', async () => {
    const client = await TcpClient.open(server.address);
    const ids = Array.from({ length: 500 }, (_, i) => i + 1);
    client.send(...ids.map((id) => query({ id, questions: [question('a.skydns.local')] })));
    const got: number[] = [];
    for (const _ of ids) got.push(idOf((await client.next())!));
    expect(got.sort((a, b) => a - b)).toEqual(ids);
    client.close();
  });

  it('a question that comes byte by byte is answered', async () => {
    const client = await TcpClient.open(server.address);
    const message = query({ id: 9, questions: [question('a.skydns.local', TYPE.SRV)] });
    const framed = Buffer.concat([Buffer.of(0, message.length), message]);
    client.socket.setNoDelay(true);
    for (const byte of framed) client.socket.write(Buffer.of(byte));
    expect(idOf((await client.next())!)).toBe(9);
    client.close();
  });

  it('a bad question does not spoil the ones around it', async () => {
    const client = await TcpClient.open(server.address);
    const good = (id: number) => query({ id, questions: [question('a.skydns.local')] });
    client.send(good(1), query({ id: 2 }), good(3));
    const replies = [await client.next(), await client.next(), await client.next()];
    const rcodes = new Map(replies.map((reply) => [idOf(reply!), rcodeOf(reply!)]));
    expect(Object.fromEntries(rcodes)).toEqual({ 1: NOERROR, 2: FORMERR, 3: NOERROR });
    client.close();
  });
});

describe('over IPv6', () => {
  it.each([
    ['UDP', '+notcp'],
    ['TCP', '+tcp'],
  ])('dig is answered over %s', async (_what, flag) => {
    const v6 = server.addresses[1]!;
    expect(v6.host).toBe('::1');
    expect(await short(v6, flag, 'a.skydns.local')).toEqual(['10.0.0.1']);
  });
});

describe('the ready line', () => {
  it('names the ports that were picked', async () => {
    const [v4, v6] = server.addresses.map(({ port }) => port);
    expect(await server.ready()).toBe(`fingerpost ready: 127.0.0.1:${v4} [::1]:${v6} (udp, tcp)`);
  });
});
