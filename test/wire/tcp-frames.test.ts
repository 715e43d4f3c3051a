// Messages out of a byte stream, however it was cut.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Frames } from '../../src/wire/tcp-frames.ts';
import { framed } from '../transport/support.ts';

function read(chunks: readonly Buffer[]): { messages: string[]; incomplete: boolean } {
  const frames = new Frames();
  const messages: string[] = [];
  for (const chunk of chunks) {
    frames.push(chunk);
    for (let m = frames.next(); m !== undefined; m = frames.next()) messages.push(m.toString('hex'));
  }
  return { messages, incomplete: frames.incomplete };
}

const hex = (text: string): string => Buffer.from(text).toString('hex');

describe('Frames', () => {
  test('several messages in one chunk', () => {
    const chunk = Buffer.concat([framed('one'), framed('two'), framed('three')]);
    expect(read([chunk]).messages).toEqual(['one', 'two', 'three'].map(hex));
  });

  test('one message byte by byte', () => {
    const bytes = [...framed('hello')].map((byte) => Buffer.from([byte]));
    expect(read(bytes.slice(0, -1))).toEqual({ messages: [], incomplete: true });
    expect(read(bytes)).toEqual({ messages: [hex('hello')], incomplete: false });
  });

  test('a message of no bytes', () => {
    expect(read([Buffer.from([0, 0])])).toEqual({ messages: [''], incomplete: false });
    expect(read([Buffer.from([0]), Buffer.from([0])]).messages).toEqual(['']);
  });

  test('a message of 65,535 bytes over two chunks', () => {
    const whole = framed(Buffer.alloc(65_535, 7));
    const { messages } = read([whole.subarray(0, 40_000), whole.subarray(40_000)]);
    expect(messages.map((m) => m.length / 2)).toEqual([65_535]);
  });

  test('any messages, cut anywhere, come out as they went in', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 2_000 }), { maxLength: 12 });
    const cuts = fc.array(fc.nat(30_000), { maxLength: 30 });
    fc.assert(
      fc.property(messages, cuts, (sent, at) => {
        const stream = Buffer.concat(sent.map((m) => framed(m)));
        const places = [0, ...at.filter((n) => n < stream.length).sort((a, b) => a - b), stream.length];
        const chunks = places.slice(1).map((to, i) => stream.subarray(places[i], to));
        const expected = sent.map((m) => Buffer.from(m).toString('hex'));
        expect(read(chunks)).toEqual({ messages: expected, incomplete: false });
      }),
    );
  });
});
