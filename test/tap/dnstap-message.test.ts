// Messages of dnstap: what a decoder of its own reads in them, for clients and other servers, and for long ones.
import { expect, it } from 'vitest';
import { DnstapEncoder } from '../../src/tap/dnstap-message.ts';
import { Source } from '../../src/tap/record.ts';
import { Want } from '../../src/tap/switches.ts';
import { Client } from '../../src/wire/client.ts';
import { packet } from '../table/questions.ts';
import { decode } from './dnstap-decoder.ts';
import { Notebook } from './records.ts';

const encoder = new DnstapEncoder('ns1 in Köln', 'fingerpost 1');
const request = packet({ name: 'web.skydns.local', size: 1232 });

function encoded(record: Parameters<DnstapEncoder['encode']>[0], isReply: boolean) {
  return decode(Buffer.from(encoder.encode(record, isReply)));
}

it.each([
  ['udp', '192.0.2.1', Buffer.of(192, 0, 2, 1), 1, 100],
  ['tcp', '2001:db8::1', Buffer.from('20010db8000000000000000000000001', 'hex'), 2, 65_535],
] as const)("is a client's question and its reply over %s", (transport, client, address, family, size) => {
  const reply = Buffer.alloc(size, 0x85);
  const latencyUs = 2_999_999;
  const record = new Notebook().note({ wants: Want.DNSTAP, request, reply, transport, client, latencyUs });
  const question = encoded(record, false);
  const answer = encoded(record, true);
  for (const { whole } of [question, answer]) {
    expect(String(whole.get(1))).toBe('ns1 in Köln');
    expect(String(whole.get(2))).toBe('fingerpost 1');
    expect(whole.get(15)).toBe(1);
  }
  for (const { message } of [question, answer]) {
    expect(message.get(2)).toBe(family);
    expect(message.get(3)).toBe(transport === 'udp' ? 1 : 2);
    expect(message.get(4)).toEqual(address);
    expect(message.get(6)).toBe(4711);
    expect(message.get(8)).toBe(record.seconds);
    expect(message.get(9)).toBe(record.microseconds * 1000);
  }
  expect(question.message.get(1)).toBe(5);
  expect(question.message.get(10)).toEqual(request);
  expect(question.message.has(12)).toBe(false);
  expect(answer.message.get(1)).toBe(6);
  expect(answer.message.get(14)).toEqual(reply);
  const took =
    ((answer.message.get(12) as number) - record.seconds) * 1e9 +
    (answer.message.get(13) as number) -
    record.microseconds * 1000;
  expect(took).toBe(latencyUs * 1000);
  expect(answer.message.get(13)).toBeLessThan(1e9);
});

it('is what goes to another server, and what comes from it', () => {
  const notebook = new Notebook();
  const server = new Client();
  server.setText('192.0.2.53');
  server.port = 53;
  const reply = Buffer.alloc(333, 1);
  notebook.writer.forwarded(false, server, 'udp', request);
  const asked = encoded(notebook.next(), false).message;
  expect([1, 3, 7].map((field) => asked.get(field))).toEqual([7, 1, 53]);
  expect(asked.get(5)).toEqual(Buffer.of(192, 0, 2, 53));
  expect(asked.get(10)).toEqual(request);
  notebook.writer.forwarded(true, server, 'tcp', reply, 1500);
  const record = notebook.next();
  const said = encoded(record, true).message;
  expect([1, 3, 7].map((field) => said.get(field))).toEqual([8, 2, 53]);
  expect(said.get(14)).toEqual(reply);
  expect(said.get(12)).toBe(record.seconds);
  const before = (said.get(8) as number) + (said.get(9) as number) / 1e9;
  expect((said.get(12) as number) + (said.get(13) as number) / 1e9 - before).toBeCloseTo(1.5, 3);
});

it('keeps nothing of the one before', () => {
  const notebook = new Notebook();
  const long = Buffer.alloc(5000, 9);
  encoded(notebook.note({ wants: Want.DNSTAP, request, reply: long }), true);
  const short = encoded(
    notebook.note({ wants: Want.DNSTAP, request, reply: Buffer.alloc(12), source: Source.CACHE }),
    true,
  );
  expect(short.message.get(14)).toEqual(Buffer.alloc(12));
});
