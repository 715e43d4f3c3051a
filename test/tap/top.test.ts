// Who asks what, while somebody looks: begins when somebody does, stays bounded under random names, ends by itself.
import { expect, it, vi } from 'vitest';
import { tapped } from '../../src/query/tapped.ts';
import { Tap } from '../../src/tap/tap.ts';
import { Top } from '../../src/tap/top.ts';
import { TestAsker } from '../support/asker.ts';
import { packet, wireOf } from '../table/questions.ts';
import { World } from '../table/world.ts';

function start() {
  const tap = new Tap();
  const top = new Top(tap);
  const respond = tapped(new World().load({ '/skydns/z/web': { host: '10.0.0.1' } }).respond, tap.writer);
  const reply = Buffer.alloc(1232);
  const ask = (name: string) => respond(packet({ name }), new TestAsker('udp'), reply);
  return { tap, top, ask };
}

const keyOf = (name: string) => wireOf(name).toString('latin1');

it('notes nothing until somebody looks, and then every reply, names in lower case', () => {
  const { tap, top, ask } = start();
  ask('web.z');
  expect(tap.writer.isOn).toBe(false);
  expect(top.look(10)).toMatchObject({ share: 1, names: [], clients: [] });
  expect(tap.writer.isOn).toBe(true);
  for (let i = 0; i < 3; i++) ask(i === 0 ? 'WEB.z' : 'web.z');
  ask('no.z');
  tap.drain();
  const { names, clients, window } = top.look(10);
  expect(window).toBeGreaterThan(0);
  expect(names.map(({ key }) => key)).toEqual([keyOf('web.z'), keyOf('no.z')]);
  // Within the first second nothing has decayed yet; a little later, it may have.
  expect(names[0]!.rate / names[1]!.rate).toBeCloseTo(3, 5);
  expect(clients).toHaveLength(1);
  expect(top.look(1).names).toHaveLength(1);
  top.close();
  expect(tap.writer.isOn).toBe(false);
  expect(top.look(10).names).toEqual([]);
  top.close();
});

it('knows frequent names under a flood of random ones, looks at a part only, and is bounded', () => {
  vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval', 'Date'] });
  try {
    const { tap, top, ask } = start();
    top.look(1);
    for (let i = 0; i < 60_000; i++) {
      ask(`random-${i}.z`);
      if (i % 5 === 0) ask('web.z');
      // A hundred thousand questions a second.
      if (i % 1000 !== 0) continue;
      vi.advanceTimersByTime(10);
      tap.drain();
    }
    const { names, share } = top.look(1000);
    expect(share).toBeLessThan(0.2);
    expect(names[0]!.key).toBe(keyOf('web.z'));
    expect(names.length).toBeLessThan(1000);
    top.close();
  } finally {
    vi.useRealTimers();
  }
});

it('ends when nobody has looked for ten seconds', () => {
  vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval', 'Date'] });
  try {
    const { tap, top } = start();
    top.look(1);
    vi.advanceTimersByTime(9000);
    expect(tap.writer.isOn).toBe(true);
    top.look(1);
    vi.advanceTimersByTime(9000);
    expect(tap.writer.isOn).toBe(true);
    vi.advanceTimersByTime(2000);
    expect(tap.writer.isOn).toBe(false);
  } finally {
    vi.useRealTimers();
  }
});
