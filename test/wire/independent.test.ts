// Replies read by a codec that is not ours: dns2 sees the records that were put in.
import { Packet } from 'dns2';
import { describe, expect, test } from 'vitest';
import { ipv4Bytes, ipv6Bytes } from '../../src/wire/address.ts';
import { layOut } from '../../src/wire/compiled.ts';
import { writeRecord } from '../../src/wire/message.ts';
import { Query, Verdict } from '../../src/wire/query.ts';
import type { Rdata } from '../../src/wire/rdata.ts';
import { renderCompiled, renderEmpty } from '../../src/wire/reply.ts';
import { Writer } from '../../src/wire/writer.ts';
import { name } from './packets.ts';

const OWNER = 'web.example.test';

/** A query that dns2 packed. */
function packed(edns: boolean): Uint8Array {
  const packet = new Packet({ id: 4711, rd: 1 } as Packet['header']);
  packet.questions.push({ name: 'WEB.example.test', type: 255, class: 1 } as Packet['questions'][number]);
  if (edns) packet.additionals.push(Packet.Resource.EDNS([]));
  return packet.toBuffer();
}

/** The reply of one answer, as dns2 reads it. */
function unpacked(rdata: Rdata, edns = false): Packet {
  const request = packed(edns);
  const asked = new Query();
  expect(asked.read(request, request.length)).toBe(Verdict.OK);
  const start = asked.questionEnd;
  const writer = new Writer(new Uint8Array(4096), start);
  writer.compressAgainst(name(OWNER));
  expect(writeRecord(writer, name(OWNER), 1, 30, rdata)).toBe(true);
  const memory = layOut({
    rcode: 0,
    authoritative: true,
    answers: 1,
    authority: 0,
    additional: 0,
    alternatives: 0,
    rotateFrom: 0,
    rotateCount: 0,
    serialAt: -1,
    zone: 0,
    offsets: [0],
    body: writer.buffer.slice(start, writer.at),
  });
  const reply = Buffer.alloc(4096);
  const length = renderCompiled(request, asked, memory, 0, 0, new Uint32Array(1), 4096, reply);
  return Packet.parse(reply.subarray(0, length));
}

describe('dns2 reads what we write', () => {
  test.each<[rdata: Rdata, seen: Record<string, unknown>]>([
    [
      { type: 1, address: ipv4Bytes('10.0.0.1')! },
      { type: 1, address: '10.0.0.1' },
    ],
    [
      { type: 28, address: ipv6Bytes('2001:db8::1')! },
      { type: 28, address: '2001:db8::1' },
    ],
    [
      { type: 5, target: name('lb.example.test') },
      { type: 5, domain: 'lb.example.test' },
    ],
    [
      { type: 12, target: name(OWNER) },
      { type: 12, domain: OWNER },
    ],
    [
      { type: 2, target: name('ns.dns.example.test') },
      { type: 2, ns: 'ns.dns.example.test' },
    ],
    [
      { type: 15, preference: 10, exchange: name('mx.example.net') },
      { type: 15, priority: 10, exchange: 'mx.example.net' },
    ],
    [
      { type: 33, priority: 10, weight: 33, port: 8080, target: name(`1.${OWNER}`) },
      { type: 33, priority: 10, weight: 33, port: 8080, target: `1.${OWNER}` },
    ],
    [
      { type: 16, strings: [Buffer.from('v=1'), Buffer.alloc(0), Buffer.alloc(255, 'x')] },
      { type: 16, data: ['v=1', '', 'x'.repeat(255)] },
    ],
    [
      {
        type: 6,
        mname: name('ns.dns.example.test'),
        rname: name('hostmaster.example.test'),
        serial: 0xffffffff,
        refresh: 7200,
        retry: 1800,
        expire: 86400,
        minimum: 10,
      },
      {
        type: 6,
        primary: 'ns.dns.example.test',
        admin: 'hostmaster.example.test',
        serial: 0xffffffff,
        refresh: 7200,
        retry: 1800,
        expiration: 86400,
        minimum: 10,
      },
    ],
    [
      { type: 13, cpu: Buffer.from('RFC8482'), os: Buffer.alloc(0) },
      { type: 13, data: Buffer.from('\x07RFC8482\0') },
    ],
  ])('%j', (rdata, seen) => {
    const { header, questions, answers } = unpacked(rdata);
    expect(header).toMatchObject({ id: 4711, qr: 1, aa: 1, rd: 1, ra: 0, rcode: 0, qdcount: 1, ancount: 1 });
    expect(questions).toMatchObject([{ name: 'WEB.example.test', type: 255, class: 1 }]);
    // A name that is compressed against the question is spelled as the question is.
    const folded = JSON.parse(JSON.stringify(answers[0]).replaceAll('WEB', 'web'));
    const wanted = JSON.parse(JSON.stringify({ name: OWNER, class: 1, ttl: 30, ...seen }));
    expect(folded).toMatchObject(wanted);
  });

  test('OPT and the extended rcode', () => {
    const { additionals } = unpacked({ type: 1, address: ipv4Bytes('10.0.0.1')! }, true);
    expect(additionals).toMatchObject([{ type: 41, class: 1232, version: 0, doFlag: false, rdata: [] }]);
    const request = packed(true);
    // The version: the fifth byte from the end of an OPT without options.
    request[request.length - 5] = 1;
    const asked = new Query();
    expect(asked.read(request, request.length)).toBe(Verdict.BADVERS);
    const reply = Buffer.alloc(512);
    const packet = Packet.parse(reply.subarray(0, renderEmpty(request, asked, 16, reply)));
    expect(packet.header.rcode).toBe(16);
  });
});
