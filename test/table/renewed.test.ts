// Answers that clients ask for come back by themselves when a change has dropped them; others wait for a question.
import { expect, it } from 'vitest';
import { packet } from './questions.ts';
import { World } from './world.ts';

const A = packet({ name: 'web.z' });
const SRV = packet({ name: 'web.z', type: 33 });
const KEY = '/skydns/z/web/1';

function load(): World {
  return new World().load({ [KEY]: { host: '10.0.0.1', port: 80 }, '/skydns/z/db/1': { host: '10.0.0.2' } });
}

/** The end of the turn. */
const turn = (): Promise<void> => Promise.resolve();

/** The IPv4 address that an answer with one record and no EDNS ends with. */
const addressIn = (reply: Buffer | undefined): string | undefined =>
  reply && [...reply.subarray(-4)].join('.');

it('one that was given out since it was made', async () => {
  const world = load();
  await turn();
  const worker = world.reader(2);
  world.ask(A);
  world.ask(SRV);
  expect(addressIn(worker.ask(A))).toBe('10.0.0.1');
  world.apply({ [KEY]: { host: '10.0.0.3', port: 80 } });
  expect(worker.ask(A)).toBeUndefined();
  await turn();
  expect(addressIn(worker.ask(A))).toBe('10.0.0.3');
  // Nobody has asked for that one again since it was made.
  expect(worker.ask(SRV)).toBeUndefined();
});

it('not a second time unless somebody asks in between', async () => {
  const world = load();
  await turn();
  const worker = world.reader(2);
  world.ask(A);
  worker.ask(A);
  for (const last of [4, 5]) {
    world.apply({ [KEY]: { host: `10.0.0.${last}`, port: 80 } });
    await turn();
  }
  expect(worker.ask(A)).toBeUndefined();
});

it('once, however many changes of one turn it has read', async () => {
  const world = load();
  await turn();
  const worker = world.reader(2);
  world.ask(A);
  worker.ask(A);
  for (const last of [4, 5, 6]) world.apply({ [KEY]: { host: `10.0.0.${last}`, port: 80 } });
  await turn();
  expect(world.table.count).toBe(1);
  expect(addressIn(worker.ask(A))).toBe('10.0.0.6');
  expect(world.counts.tableDrops).toBe(1);
});

it('none about a name that is gone', async () => {
  const world = load();
  await turn();
  const worker = world.reader(2);
  world.ask(A);
  worker.ask(A);
  world.apply({ [KEY]: undefined });
  await turn();
  expect(world.table.count).toBe(0);
  expect((worker.ask(A)?.[3] ?? 0) & 15).toBe(3);
});

it('a defect costs one answer', async () => {
  const world = load();
  await turn();
  const worker = world.reader(2);
  world.ask(A);
  worker.ask(A);
  const zones = world.contents.zones as { of: unknown };
  const { of } = zones;
  zones.of = () => {
    throw new TypeError('a defect');
  };
  world.contents.tree.touch(world.contents.tree.exact(['z', 'web'])!);
  await turn();
  zones.of = of;
  expect(worker.ask(A)).toBeUndefined();
  expect(addressIn(world.ask(A))).toBe('10.0.0.1');
});
