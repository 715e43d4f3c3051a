// What other servers may send, good and bad, and what clients get of it: every byte, TTLs in bounds, nothing forged, never an end.
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { dig, records, short, status } from '../support/dig.ts';
import { hostilePackets } from '../support/hostile.ts';
import { ROOT } from '../support/program.ts';
import { TcpClient, udpReply } from '../support/raw.ts';
import { PATIENT, Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';
import { loadServices } from '../support/services.ts';
import { addresses, nameOf, startScripted, typeOf, UPSTREAM_ADDRESS } from '../support/upstream.ts';
import { replyBytes } from '../upstream/asked.ts';
import type { Asking, Script, ScriptedServer } from '../upstream/scripted.ts';
import { header, opt, pointer, question, record, u16, wire } from '../wire/packets.ts';

const CNAME = 5;
const TC = 0x8380;
const UNKNOWN = 65_280;
const OPT_LENGTH = 11;

const scene = new Scene();
let upstream: ScriptedServer;
let server: TestServer;

async function serverFor(...more: readonly string[]): Promise<TestServer> {
  const { host, port } = upstream.address;
  return scene.server([...PATIENT, '--forward', `${host}:${port}`, ...more]);
}

/** Answers the names that are given here, and every other one with an address. */
const scripts = new Map<string, Script>();

beforeAll(async () => {
  const others = addresses();
  upstream = await startScripted(scene, (asking) => (scripts.get(nameOf(asking)) ?? others)(asking));
  server = await serverFor();
});

interface Flags {
  /** The second word of the header. */
  readonly head?: number;
  /** The flags in OPT. */
  readonly edns?: number;
  readonly type?: number;
}

function ask(name: string, { head = 0x0100, edns = 0, type = 1 }: Flags = {}): Uint8Array {
  return Uint8Array.from([
    ...header({ flags: head, counts: [1, 0, 0, 1] }),
    ...question(wire(...name.split('.')), type),
    ...opt({ flags: edns }),
  ]);
}

describe('a reply', () => {
  /** `at`: where `example.com` begins in the message. */
  const sectionsOf = (at: number) => ({
    // A type that nobody knows, with bytes that look like a pointer, and a known one whose name is compressed.
    answers: [
      record(pointer(12), UNKNOWN, [0xc0, 0x0c, 0xff, 0, 1, 2], 300),
      record(pointer(12), UNKNOWN, [], 300),
      record(pointer(12), 15, [...u16(10), ...wire('mail').slice(0, -1), ...pointer(at)], 300),
    ],
    authority: [record(pointer(at), 2, [...wire('ns').slice(0, -1), ...pointer(at)], 300)],
    additional: [record([...wire('ns').slice(0, -1), ...pointer(at)], 1, [192, 0, 2, 53], 300)],
  });

  it.each([
    // AD is for clients that show that they know it (RFC 6840 5.8).
    ['plain', {}, 0x8180],
    ['with DO and CD', { head: 0x0110, edns: 0x8000 }, 0x81b0],
    ['with AD', { head: 0x0120 }, 0x81a0],
  ])(
    '%s is passed on byte for byte, and what the client asked for with it',
    async (what, flags, expected) => {
      const labels = [what.replaceAll(' ', '-'), 'example', 'com'];
      const name = labels.join('.');
      const at = 12 + 1 + what.length;
      const sections = sectionsOf(at);
      scripts.set(name, (asking) => asking.send(replyBytes({ ...asking, flags: 0x81a0, ...sections })));
      const reply = await udpReply(server.address, ask(name, { ...flags, type: UNKNOWN }));
      const sent = replyBytes({ question: question(wire(...labels), UNKNOWN), ...sections });
      expect(reply.subarray(12, sent.length)).toEqual(Buffer.from(sent.subarray(12)));
      expect(reply.length).toBe(sent.length + OPT_LENGTH);
      // One question, three answers, one in authority, one more besides OPT.
      expect(reply.toString('hex', 4, 12)).toBe('0001000300010002');
      expect(reply.readUInt16BE(2)).toBe(expected);
      const asked = upstream.askings.find((one) => nameOf(one) === name)!;
      // EDNS of our own: 1232 bytes, DO as the client has it; CD in the header.
      expect(asked.rest.readUInt16BE(3)).toBe(1232);
      expect(asked.rest.readUInt16BE(7)).toBe('edns' in flags ? 0x8000 : 0);
      expect((asked.bytes[3]! & 0x10) !== 0).toBe('edns' in flags);
    },
  );

  it('of 64 KiB comes whole over TCP, and cut over UDP', async () => {
    const big = 'big.example.com';
    const asked = question(wire(...big.split('.')), 16);
    // Three large TXT records that fill the message to its last byte.
    const room = 65_535 - 12 - asked.length - OPT_LENGTH;
    const text = (size: number): number[] => {
      const bytes: number[] = [];
      for (let left = size; left > 0; ) {
        const length = Math.min(255, left - 1);
        bytes.push(length, ...Array<number>(length).fill(0x61));
        left -= length + 1;
      }
      return bytes;
    };
    const sizes = [30_000, 30_000, room - 60_000 - 3 * 12];
    const answers = sizes.map((size) => record(pointer(12), 16, text(size), 300));
    scripts.set(big, (asking) =>
      asking.send(replyBytes(asking.transport === 'tcp' ? { ...asking, answers } : { ...asking, flags: TC })),
    );
    const client = await TcpClient.open(server.address);
    for (let time = 0; time < 2; time++) {
      client.send(ask(big, { type: 16 }));
      const reply = await client.next();
      expect(reply?.length).toBe(65_535);
      expect(reply!.readUInt16BE(6)).toBe(3);
      // The second comes from memory, its TTLs counted down.
      if (time > 0) continue;
      expect(reply!.subarray(12, -OPT_LENGTH)).toEqual(
        Buffer.from(replyBytes({ question: asked, answers }).subarray(12)),
      );
    }
    client.close();
    const reply = await udpReply(server.address, ask(big, { type: 16 }));
    expect(reply[2]! & 2).toBe(2);
    expect(reply.length).toBeLessThanOrEqual(1232);
  });
});

describe('a TTL', () => {
  const send =
    (ttl: number): Script =>
    (asking) =>
      asking.send(replyBytes({ ...asking, answers: [record(pointer(12), 1, [192, 0, 2, 80], ttl)] }));
  const ttl = async (at: TestServer, name: string): Promise<number> =>
    Number((await records('answer', at.address, name))[0]?.split(' ')[1]);
  const times = (name: string): number => upstream.askings.filter((asking) => nameOf(asking) === name).length;

  it.each([
    ['of 2^31', 2 ** 31],
    ['of 2^32 - 1', 2 ** 32 - 1],
    ['of 0', 0],
  ])('%s is 0, and not kept', async (what, sent) => {
    const name = `${what.replace(/\W/g, '')}.example.com`;
    scripts.set(name, send(sent));
    for (let time = 0; time < 3; time++) expect(await ttl(server, name)).toBe(0);
    expect(times(name)).toBeGreaterThanOrEqual(3);
  });

  it('is within the bounds that are given', async () => {
    const bounded = await serverFor('--forward-min-ttl', '1000', '--forward-max-ttl', '2000');
    scripts.set('least.example.com', send(1));
    scripts.set('most.example.com', send(2 ** 31 - 1));
    for (const [name, bound] of [
      ['least.example.com', 1000],
      ['most.example.com', 2000],
    ] as const) {
      const before = times(name);
      const found = await ttl(bounded, name);
      expect(found).toBeLessThanOrEqual(bound);
      expect(found).toBeGreaterThan(bound - 100);
      expect(await ttl(bounded, name)).toBeLessThanOrEqual(found);
      expect(times(name) - before).toBe(1);
    }
  });

  it('of what is asked for often ends unnoticed: it is fetched anew before', async () => {
    const name = 'popular.example.com';
    scripts.set(name, send(20));
    const fetched = () => server.metric('fingerpost_cache_prefetches_total');
    expect(await short(server.address, name)).toEqual([UPSTREAM_ADDRESS]);
    for (const end = Date.now() + 90_000; (await fetched()) === 0; ) {
      expect(await short(server.address, name)).toEqual([UPSTREAM_ADDRESS]);
      expect(Date.now()).toBeLessThan(end);
    }
    await expect.poll(() => times(name), { timeout: 30_000 }).toBeGreaterThan(1);
  });
});

describe('a chain of aliases', () => {
  /** An alias of each name below loop.example.com to the next, the last to the first. */
  const circle = (asking: Asking): void => {
    const answers = [0, 1, 2].map((i) =>
      record(wire(`${i}`, 'loop', 'example', 'com'), CNAME, wire(`${(i + 1) % 3}`, 'loop', 'example', 'com')),
    );
    asking.send(replyBytes({ ...asking, answers }));
  };

  it('in a circle is what it is to who asks for it, and has an end where a service leads to it', async () => {
    for (const i of [0, 1, 2]) scripts.set(`${i}.loop.example.com`, circle);
    scripts.set('self.loop.example.com', (asking) =>
      asking.send(replyBytes({ ...asking, answers: [record(pointer(12), CNAME, pointer(12))] })),
    );
    const cwd = await scene.folder();
    await loadServices(scene, cwd, {
      'circle.skydns.local': { host: '0.loop.example.com', port: 80 },
      'self.skydns.local': { host: 'self.loop.example.com', port: 80, mail: true },
    });
    const { host, port } = upstream.address;
    const mine = await scene.server(
      [...PATIENT, '--forward', `${host}:${port}`, '--search', 'skydns.local'],
      { cwd },
    );
    expect(await records('answer', mine.address, '0.loop.example.com')).toHaveLength(3);
    expect(await records('answer', mine.address, '0.loop.example.com.skydns.local')).not.toHaveLength(0);
    upstream.askings.length = 0;
    for (const name of ['circle.skydns.local', 'self.skydns.local'])
      for (const type of ['A', 'AAAA', 'SRV', 'MX'])
        expect(['NOERROR', 'SERVFAIL']).toContain(await status(mine.address, name, type));
    expect(await short(mine.address, 'self.skydns.local', 'SRV')).toEqual([
      '10 100 80 self.loop.example.com.',
    ]);
    expect(upstream.askings.length).toBeLessThan(50);
  });
});

describe('garbage', () => {
  it('in any amount does no harm: what is right is believed, the server lives, and has no defect', async () => {
    const packets = hostilePackets(4711);
    const whole = addresses();
    // The right id, perhaps the right question, and then anything at all.
    const garble = (asking: Asking): void => {
      const { value } = packets.next();
      const bytes = Buffer.from(value);
      if (bytes.length >= 2) bytes.writeUInt16BE(asking.id, 0);
      if (bytes.length >= 3) bytes[2] = bytes[2]! | 0x80;
      asking.send(bytes);
      const inside = replyBytes({ ...asking, answers: [record(pointer(12), typeOf(asking), [...value])] });
      asking.send(inside.subarray(0, inside.length - ((value[0] ?? 0) % 8)));
      asking.send(Buffer.concat([inside.subarray(0, 12 + asking.question.length), value]));
    };
    const garbled = await startScripted(scene, garble);
    const { host, port } = garbled.address;
    const cwd = await scene.folder();
    await loadServices(scene, cwd, { 'outside.skydns.local': { host: 'service.example.com', port: 80 } });
    const given = ['--forward', `${host}:${port}`, '--forward-timeout', '1', '--search', 'skydns.local'];
    const mine = await scene.server([...given, '--external-timeout', '1'], { cwd });
    const client = await TcpClient.open(mine.address);
    const names = Array.from({ length: 600 }, (_, i) =>
      i % 3 === 0 ? `n${i}.skydns.local` : `n${i}.example.com`,
    );
    // No more at a time than one client may have.
    for (let from = 0; from < names.length; from += 50) {
      const some = names.slice(from, from + 50);
      client.send(...some.map((name, i) => ask(name, { type: [1, 28, 33, 16, 5, 255, 12][i % 7]! })));
      for (const _ of some) expect((await client.next())?.length).toBeGreaterThanOrEqual(12);
    }
    client.close();
    for (const type of ['A', 'SRV', 'MX', 'ANY']) await dig(mine.address, 'outside.skydns.local', type);
    garbled.script = whole;
    const right = () => short(mine.address, `${performance.now().toFixed()}.right.example.com`);
    await expect.poll(right, { timeout: 60_000 }).toEqual([UPSTREAM_ADDRESS]);
    expect(mine.log.filter(({ level }) => level === 'error')).toEqual([]);
    expect(await mine.metric('fingerpost_failures_total')).toBe(0);
  });
});

describe('forged replies', () => {
  const QUESTIONS = 16;
  const EACH = 65_535;

  it('with all wrong ids to each of 16 questions, 1,048,560 of them, are not believed', async () => {
    const place = { cwd: await scene.folder() };
    const forger = scene.run('python3', [join(ROOT, 'test/support/forger.py')], place);
    const port = (await forger.line(/^port /)).split(' ')[1];
    const mine = await scene.server([...PATIENT, '--forward', `127.0.0.1:${port}`]);
    for (let i = 0; i < QUESTIONS; i++) {
      const reply = await udpReply(mine.address, ask(`forged${i}.example.com`));
      expect([...reply.subarray(-OPT_LENGTH - 4, -OPT_LENGTH)]).toEqual([192, 0, 2, 80]);
    }
    await forger.line(new RegExp(`^forged ${QUESTIONS * EACH}$`));
    // After a hundred it gives its port up and asks over TCP.
    const mismatches = await mine.metric('fingerpost_upstream_mismatches_total');
    expect(mismatches).toBeGreaterThanOrEqual(QUESTIONS);
    expect(mine.log.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
