// lookup, against servers that dns2 and plain sockets make.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { Packet } from 'dns2';
import { afterEach, describe, expect, it } from 'vitest';
import { call } from './call.ts';

type Fill = (reply: Packet, question: Packet['questions'][number]) => void;

const open: (Socket | Server)[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

function replyTo(query: Buffer, fill: Fill): Buffer {
  const request = Packet.parse(query);
  const reply = Packet.createResponseFromRequest(request);
  const [question] = request.questions;
  if (question !== undefined) fill(reply, question);
  return reply.toBuffer();
}

async function udp(
  answer: (query: Buffer) => Buffer | undefined,
  host = '127.0.0.1',
  port = 0,
): Promise<number> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  open.push(socket);
  socket.on('message', (query, from) => {
    const reply = answer(query);
    if (reply !== undefined) socket.send(reply, from.port, from.address);
  });
  socket.bind(port, host);
  await once(socket, 'listening');
  return socket.address().port;
}

async function tcp(fill: Fill): Promise<number> {
  const server = createServer((socket) => {
    socket.once('data', (framed) => {
      const reply = replyTo(framed.subarray(2), fill);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      socket.end(Buffer.concat([length, reply]));
    });
  });
  open.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function answer(reply: Packet, data: Record<string, unknown>): void {
  reply.answers.push({ name: 'a.test', class: 1, ttl: 30, ...data } as Packet['answers'][number]);
}

/** Answers every question with these records. */
const answering =
  (...records: Record<string, unknown>[]): Fill =>
  (reply) => {
    for (const record of records) answer(reply, record);
  };

describe('an answer', () => {
  it('is printed by its sections', async () => {
    const port = await udp((query) =>
      replyTo(query, (reply, question) => {
        expect(question).toMatchObject({ name: 'a.test', type: 33, class: 1 });
        reply.header.aa = 1;
        answer(reply, { type: 33, priority: 10, weight: 50, port: 8080, target: 'b.test' });
        reply.additionals.push({ name: 'b.test', type: 28, class: 1, ttl: 5, address: 'fd00::1' } as never);
      }),
    );
    const { code, out, err } = await call(['lookup', 'A.test.', 'srv', `@127.0.0.1:${port}`]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n')).toEqual([
      ';; NOERROR, flags: qr aa rd, 1 answer',
      '',
      ';; ANSWER',
      'a.test.  30  IN  SRV  10 50 8080 b.test.',
      '',
      ';; ADDITIONAL',
      'b.test.  5  IN  AAAA  fd00::1',
      '',
      expect.stringMatching(new RegExp(`^;; from 127\\.0\\.0\\.1:${port} over udp, \\d+ bytes, \\d+ ms$`)),
    ]);
  });

  it.each([
    ['A', { type: 1, address: '10.0.0.1' }, '10.0.0.1'],
    ['NS', { type: 2, ns: 'ns.test' }, 'ns.test.'],
    ['CNAME', { type: 5, domain: 'b.test' }, 'b.test.'],
    ['PTR', { type: 12, domain: 'b.test' }, 'b.test.'],
    ['MX', { type: 15, priority: 10, exchange: 'mail.test' }, '10 mail.test.'],
    ['TXT', { type: 16, data: ['one', 'say "two"', 'a\u001b[2J'] }, '"one" "say \\"two\\"" "a\\027[2J"'],
    ['HINFO', { type: 13, data: Buffer.from('\u0007RFC8482\u0000', 'latin1') }, '"RFC8482" ""'],
    ['TYPE65', { type: 65, data: Buffer.from([1, 2, 255]) }, '\\# 3 0102ff'],
    [
      'SOA',
      {
        type: 6,
        primary: 'ns.test',
        admin: 'me.test',
        serial: 7,
        refresh: 1,
        retry: 2,
        expiration: 3,
        minimum: 4,
      },
      'ns.test. me.test. 7 1 2 3 4',
    ],
  ])('of type %s', async (type, record, text) => {
    const port = await udp((query) => replyTo(query, answering(record)));
    const { out } = await call(['lookup', 'a.test', type, `@127.0.0.1:${port}`]);
    expect(out.split('\n')[3]).toBe(`a.test.  30  IN  ${type}  ${text}`);
  });

  it('cannot drive the terminal', async () => {
    const port = await udp((query) =>
      replyTo(query, answering({ name: 'a\u001b\u009b.test', type: 5, domain: '\n.test' })),
    );
    const { out } = await call(['lookup', 'a.test', `@127.0.0.1:${port}`]);
    expect(out).toContain('a\\027\\155.test.  30  IN  CNAME  \\010.test.');
  });

  it('is asked for again over TCP where it was cut', async () => {
    const many = Array.from({ length: 300 }, (_, i) => ({ type: 1, address: `10.0.${i >> 8}.${i & 255}` }));
    const port = await tcp(answering(...many));
    await udp(
      (query) =>
        replyTo(query, (reply) => {
          reply.header.tc = 1;
        }),
      '127.0.0.1',
      port,
    );
    const { code, out } = await call(['lookup', 'a.test', `@127.0.0.1:${port}`]);
    expect(code).toBe(0);
    expect(out).toContain('300 answers');
    expect(out).toContain('over tcp');
  });

  it('comes over TCP at once with --tcp', async () => {
    const port = await tcp(answering({ type: 1, address: '10.0.0.1' }));
    expect((await call(['lookup', 'a.test', '--tcp', `@127.0.0.1:${port}`])).out).toContain('over tcp');
  });

  it('comes over IPv6', async () => {
    const port = await udp((query) => replyTo(query, answering({ type: 1, address: '10.0.0.1' })), '::1');
    const { code } = await call(['lookup', 'a.test', `@[0:0:0:0:0:0:0:1]:${port}`]);
    expect(code).toBe(0);
  });
});

describe('a question', () => {
  it.each([
    [['10.0.1.2'], '2.1.0.10.in-addr.arpa', 12],
    [['2001:db8::1'], `1.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`, 12],
    [['a.test'], 'a.test', 1],
    [['a.test', 'TYPE65280'], 'a.test', 65280],
    [['*.a.test', 'any'], '*.a.test', 255],
  ])('%j asks for %s', async (words, name, type) => {
    const asked: unknown[] = [];
    const port = await udp((query) => replyTo(query, (_, question) => asked.push(question)));
    await call(['lookup', ...words, `@127.0.0.1:${port}`]);
    expect(asked).toMatchObject([{ name, type }]);
  });

  it('goes to the first address of the configuration', async () => {
    const port = await udp((query) => replyTo(query, () => {}));
    const { code } = await call(['lookup', 'a.test'], { FINGERPOST_LISTEN: `127.0.0.1:0,0.0.0.0:${port}` });
    expect(code).toBe(0);
  });
});

describe('no answer', () => {
  it('exits 1 for an rcode that is not NOERROR, and names it', async () => {
    const rcodes = [
      [3, 'NXDOMAIN'],
      [5, 'REFUSED'],
      [11, 'RCODE11'],
    ] as const;
    for (const [rcode, name] of rcodes) {
      const port = await udp((query) =>
        replyTo(query, (reply) => {
          Object.assign(reply.header, { rcode });
        }),
      );
      const { code, out } = await call(['lookup', 'a.test', `@127.0.0.1:${port}`]);
      expect(code).toBe(1);
      expect(out).toMatch(new RegExp(`^;; ${name}, `));
    }
  });

  it('is reported when time is up, after a second try', async () => {
    let tries = 0;
    const port = await udp(() => {
      tries += 1;
      return undefined;
    });
    const { code, err } = await call(['lookup', 'a.test', '--timeout', '0.1', `@127.0.0.1:${port}`]);
    expect({ code, err }).toEqual({
      code: 1,
      err: `fingerpost: no answer from 127.0.0.1:${port} over udp within 0.1 s`,
    });
    expect(tries).toBe(2);
  });

  it('is told from a lost packet', async () => {
    let tries = 0;
    const port = await udp((query) => {
      tries += 1;
      return tries === 1 ? undefined : replyTo(query, () => {});
    });
    expect((await call(['lookup', 'a.test', '--timeout', '0.2', `@127.0.0.1:${port}`])).code).toBe(0);
  });

  it('is what a stranger or a garbled packet gives', async () => {
    const port = await udp((query) => Buffer.concat([Buffer.from([(query[0] ?? 0) ^ 1]), query.subarray(1)]));
    const { code } = await call(['lookup', 'a.test', '--timeout', '0.1', `@127.0.0.1:${port}`]);
    expect(code).toBe(1);
  });

  it('is reported at once where no server listens', async () => {
    const port = await udp(() => undefined);
    open.splice(0)[0]?.close();
    for (const words of [[], ['--tcp']]) {
      const { code, err } = await call(['lookup', 'a.test', ...words, `@127.0.0.1:${port}`]);
      expect(code).toBe(1);
      expect(err).toContain(`fingerpost: no server listens on 127.0.0.1:${port}`);
    }
  });

  it('says how many records could not be read', async () => {
    const port = await udp((query) => {
      const reply = replyTo(query, answering({ type: 1, address: '10.0.0.1' }));
      return reply.subarray(0, reply.length - 3);
    });
    expect((await call(['lookup', 'a.test', `@127.0.0.1:${port}`])).out).toContain(
      ';; 1 record could not be read',
    );
  });
});
