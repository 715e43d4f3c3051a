// Other servers' answers in the table: who gets them, until when, what is not kept, and what is forgotten.
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../src/upstream/cache.ts';
import { name } from '../wire/packets.ts';
import { answerFrom, ForwardedScene } from './forwarded-scene.ts';
import { packet, wireOf } from './questions.ts';
import { answerOf } from './rig.ts';

/** Name, type and class as they stand in a message. */
function questionOf(text: string, type = 1): Buffer {
  return Buffer.concat([wireOf(text), Buffer.of(0, type, 0, 1)]);
}

/** One address record as another server's answer. */
function replyTo(text: string, ttl = 300, last = 1, flags = 0x8180): Buffer {
  const head = Buffer.of(0, 0, flags >> 8, flags & 255, 0, 1, 0, 1, 0, 0, 0, 0);
  const a = Buffer.of(0xc0, 12, 0, 1, 0, 1, 0, 0, ttl >> 8, ttl & 255, 0, 4, 192, 0, 2, last);
  return Buffer.concat([head, questionOf(text), a]);
}

function keep(scene: ForwardedScene, text: string, said: Partial<Answer> = {}, last = 1): void {
  const answer = answerFrom(replyTo(text, 300, last), questionOf(text), scene.cameAt);
  scene.keep(packet({ name: text }), { ...answer, ...said });
}

const WWW = 'www.example.com';

describe('is given', () => {
  const scene = new ForwardedScene();
  keep(scene, WWW);

  it.each([
    ['10.255.0.1', true],
    ['11.0.0.1', false],
    ['fd12::1', true],
    ['fe80::1', false],
    ['::1', false],
  ])('%s: %s', (address, isServed) => {
    scene.client.setText(address);
    expect(scene.askFor(WWW) !== undefined).toBe(isServed);
    scene.client.setText('10.1.2.3');
  });

  it.each([
    ['recursion is not desired', { flags: 0 }],
    ['CD is set', { flags: 0x0110 }],
    ['DO is set', { size: 1232, dnssecOk: true }],
    ['the class is another', { class: 3 }],
    ['the type is another', { type: 28 }],
  ])('to nobody where %s', (_, ask) => {
    expect(scene.ask(packet({ name: WWW, ...ask }))).toBeUndefined();
    expect(scene.ask(packet({ name: WWW }))).toBeDefined();
  });

  it('to nobody where nobody is served, or any more', () => {
    const none = new ForwardedScene([]);
    keep(none, WWW);
    expect(none.askFor(WWW)).toBeUndefined();
    none.world.table.serve([{ words: Int32Array.of(0, 0, 0xffff, 0), bits: 96 }]);
    expect(none.askFor(WWW)).toBeDefined();
    none.world.table.serve([]);
    expect(none.askFor(WWW)).toBeUndefined();
  });

  it('until it is held no longer, with TTLs counted down', () => {
    for (const age of [0, 1, 299]) expect(scene.askFor(WWW, age)?.readUInt32BE(39)).toBe(300 - age);
    expect(scene.askFor(WWW, 300)).toBeUndefined();
    // The clock was set back.
    expect(scene.askFor(WWW, -1)).toBeUndefined();
  });
});

it('replaces the one before it', () => {
  const scene = new ForwardedScene();
  const { table } = scene.world;
  keep(scene, WWW);
  const { count } = table;
  keep(scene, WWW, {}, 2);
  expect(table.count).toBe(count);
  expect(scene.askFor(WWW)?.[48]).toBe(2);
});

describe('is not kept', () => {
  const question = questionOf(WWW);
  const scene = new ForwardedScene();
  const fresh = answerFrom(replyTo(WWW), question, scene.cameAt);
  const error = { code: 22, text: Buffer.from('gone') };
  it.each<[what: string, answer: Answer, request?: Buffer]>([
    ['what is stale', { ...fresh, stale: true }],
    ['what has more to say', { ...fresh, reply: { ...fresh.reply, errors: [error] } }],
    ['an rcode that is split', { ...fresh, reply: { ...fresh.reply, rcode: 16 } }],
    ['what is cut', answerFrom(replyTo(WWW, 300, 1, 0x8380), question, scene.cameAt)],
    ['what is over', { ...fresh, cameAt: 0, heldUntil: 1_000_000 }],
    ['what is over as it comes', { ...fresh, heldUntil: scene.cameAt + 900 }],
    ['the answer to a question with DO', fresh, packet({ name: WWW, size: 1232, dnssecOk: true })],
    ['the answer to a question with CD', fresh, packet({ name: WWW, flags: 0x0110 })],
    ['the answer to another name', fresh, packet({ name: 'www.example.org' })],
    ['the answer to another type', fresh, packet({ name: WWW, type: 28 })],
    ['the answer to another class', fresh, packet({ name: WWW, class: 3 })],
  ])('%s', (_, answer, request = packet({ name: WWW })) => {
    const { table } = scene.world;
    scene.keep(request, answer);
    expect(table.count).toBe(0);
  });
});

describe('is forgotten', () => {
  it('below a zone whose servers change, and nowhere else', () => {
    const scene = new ForwardedScene();
    const { world } = scene;
    world.ask(packet({ name: 'a.z' }));
    const names = ['com', 'example.com', WWW, 'notexample.com', 'example.org', 'a.b.example.com'];
    for (const text of names) keep(scene, text);
    expect(world.table.count).toBe(7);
    world.table.dropForwarded(name('example.com'));
    expect(names.filter((text) => scene.askFor(text) !== undefined)).toEqual([
      'com',
      'notexample.com',
      'example.org',
    ]);
    world.table.dropForwarded(name('.'));
    expect(world.table.count).toBe(1);
    expect(scene.askFor('a.z')).toBeDefined();
  });

  it('with everything else', () => {
    const scene = new ForwardedScene();
    keep(scene, WWW);
    scene.world.table.clear();
    expect(scene.world.table.count).toBe(0);
    expect(scene.askFor(WWW)).toBeUndefined();
  });
});

describe('RA', () => {
  const bits = (reply: Buffer | undefined) => reply?.readUInt16BE(2).toString(16);

  it('is in every reply to clients who are served, and in none to others', async () => {
    const scene = new ForwardedScene();
    // Names are known from the next turn on.
    await Promise.resolve();
    scene.world.ask(packet({ name: 'a.z' }));
    const badVersion = Buffer.from(packet({ name: 'a.z', size: 1232 }));
    badVersion[badVersion.length - 5] = 1;
    const all = () => [
      bits(scene.askFor('a.z')),
      bits(scene.askFor('no.z')),
      bits(scene.ask(badVersion)),
      bits(scene.ask(packet({ name: 'a.z', flags: 0x2800 }))),
    ];
    expect(all()).toEqual(['8580', '8583', '8180', 'a884']);
    scene.client.setText('192.0.2.1');
    expect(all()).toEqual(['8500', '8503', '8100', 'a804']);
  });
});

describe('an answer of our own that may be kept for a while only', () => {
  it('counts down, is over, and is replaced by the next', () => {
    const { world, reader, client } = new ForwardedScene();
    const now = reader.now();
    const request = packet({ name: 't.z', type: 16 });
    const publish = (text: string, life?: number) => {
      reader.query().read(request, request.length);
      world.table.keep(reader.query(), answerOf(text), [], life);
    };
    const ask = (age: number) => {
      const reply = Buffer.alloc(1232);
      const length = reader.respond(request, request.length, { transport: 'udp', client }, now + age, reply);
      return length < 0
        ? undefined
        : [reply.readUInt32BE(request.length + 6), reply.toString('latin1', length - 5, length)];
    };
    publish('first', 20);
    // A second may have passed since.
    expect([30, undefined]).toContain(ask(0)?.[0]);
    expect([20, 21]).toContain(ask(10)?.[0]);
    expect(ask(25)).toBeUndefined();
    publish('again', 20);
    expect(ask(1)?.[1]).toBe('again');
    publish('after');
    expect(ask(1)).toEqual([30, 'after']);
    publish('never', 20);
    expect(ask(1)).toEqual([30, 'after']);
  });
});
