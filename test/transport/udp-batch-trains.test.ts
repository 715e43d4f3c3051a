// Replies coupled into trains, before a system that takes a part, nothing, or refuses some: what leaves, and how.
import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Packets, REPLY_SIZE } from '../../src/transport/udp-batch/packets.ts';
import { Errno } from '../../src/transport/udp-batch/syscalls.ts';
import { Trains } from '../../src/transport/udp-batch/trains.ts';
import { holds } from '../support/property.ts';
import { fill, ipv4, ipv6, NO_CONTROL, packetInfo4, packetInfo6, type Reply } from './udp-batch-replies.ts';

const EINVAL = 22;
const SLOTS = 200;

/** One message as the system reads it. */
interface Message {
  readonly to: string;
  /** Control data but for the length to cut at. */
  readonly control: string;
  readonly pieces: readonly string[];
  /** The length to cut at; undefined where nothing says so. */
  readonly cut: number | undefined;
}

const system = vi.hoisted(() => ({
  /** What it says to the next calls: how many it took, or the negative error; all of them when nothing is left. */
  says: [] as (number | ((message: unknown) => number))[],
  /** Whether sockets know the option. */
  cuts: true,
  errno: 0,
  memories: [] as { address: bigint; bytes: Uint8Array }[],
  calls: [] as { messages: unknown[]; wait: boolean }[],
}));

vi.mock('../../src/transport/udp-batch/syscalls.ts', async (original) => {
  const real = await original<typeof import('../../src/transport/udp-batch/syscalls.ts')>();
  return {
    ...real,
    pinnedMemory: (length: number) => {
      const made = real.pinnedMemory(length);
      system.memories.push({ address: made.address, bytes: new Uint8Array(made.memory) });
      return made;
    },
    canSegment: () => system.cuts,
    errno: () => system.errno,
    send: (_fd: number, headers: bigint, count: number, wait: boolean) => {
      const messages = Array.from({ length: count }, (_, i) => messageAt(headers + BigInt(i * 64)));
      const next = system.says.shift() ?? count;
      const says = typeof next === 'function' ? next(messages[0]) : next;
      if (says < 0) system.errno = -says;
      const taken = says < 0 ? 0 : Math.min(says, count);
      system.calls.push({ messages: messages.slice(0, taken), wait });
      return says < 0 ? -1 : taken;
    },
  };
});

function memoryAt(address: bigint, length: number): Buffer {
  const found = system.memories.find(
    (one) => address >= one.address && address + BigInt(length) <= one.address + BigInt(one.bytes.length),
  );
  if (found === undefined) throw new Error('an address that leads nowhere');
  const start = Number(address - found.address);
  return Buffer.from(found.bytes.subarray(start, start + length));
}

function messageAt(address: bigint): Message {
  const header = memoryAt(address, 64);
  const [nameLength, pieces, controlLength] = [
    header.readUInt32LE(8),
    header.readUInt32LE(24),
    header.readUInt32LE(40),
  ];
  const iovs = memoryAt(header.readBigUInt64LE(16), pieces * 16);
  const control = controlLength === 0 ? Buffer.alloc(0) : memoryAt(header.readBigUInt64LE(32), controlLength);
  const own = ownControl(control);
  return {
    to: memoryAt(header.readBigUInt64LE(0), nameLength).toString('hex'),
    control: own.toString('hex'),
    pieces: Array.from({ length: pieces }, (_, i) =>
      memoryAt(iovs.readBigUInt64LE(i * 16), Number(iovs.readBigUInt64LE(i * 16 + 8))).toString('latin1'),
    ),
    cut: own.length === control.length ? undefined : cutIn(control.subarray(own.length)),
  };
}

/** What stands before a control message of level UDP. */
function ownControl(control: Buffer): Buffer {
  for (let place = 0; place < control.length; ) {
    if (control.readUInt32LE(place + 8) === 17) return control.subarray(0, place);
    place += (control.readUInt32LE(place) + 7) & ~7;
  }
  return control;
}

function cutIn(control: Buffer): number {
  // CMSG_LEN(2), of a type that only the option has; nothing may follow it.
  expect([control.readBigUInt64LE(0), control.readUInt32LE(12), control.length]).toEqual([18n, 103, 24]);
  return control.readUInt16LE(16);
}

const replies = new Packets(SLOTS, REPLY_SIZE);

/** The replies that have left, as datagrams, in order. */
function left(): string[] {
  return taken().flatMap(({ to, control, pieces }) => pieces.map((text) => `${to} ${control} ${text}`));
}

function textOf({ to, control, text }: Reply): string {
  return `${to.toString('hex')} ${control.toString('hex')} ${text}`;
}

function taken(): Message[] {
  return system.calls.flatMap(({ messages }) => messages as Message[]);
}

/** How many replies each message that has left holds. */
const sizes = () => taken().map(({ pieces }) => pieces.length);

/** How many messages each call has taken. */
const perCall = () => system.calls.map(({ messages }) => messages.length);

let trains: Trains;

beforeEach(() => {
  Object.assign(system, { says: [], cuts: true, errno: 0, calls: [] });

  trains = new Trains(replies, SLOTS);
});

function send(all: readonly Reply[], says: typeof system.says = [], wait = true): number {
  fill(replies, all);
  system.calls = [];
  system.says = [...says];
  return trains.send(3, all.length, wait);
}

function to(client: number, text: string): Reply {
  return { to: ipv4(client, 1000), control: NO_CONTROL, text };
}

/** Two trains of three and two, and one alone, in turn. */
const SIX = [to(1, 'a1'), to(2, 'b1'), to(1, 'a2'), to(3, 'c1'), to(2, 'b2'), to(1, 'a3')];

describe('replies', () => {
  it('to one client leave as one message that is cut at their length', () => {
    expect(send([to(1, 'one'), to(1, 'two'), to(1, 'six')])).toBe(0);
    const name = ipv4(1, 1000).toString('hex');
    expect(taken()).toEqual([{ to: name, control: '', pieces: ['one', 'two', 'six'], cut: 3 }]);
  });

  it('to several clients leave as a message for each, in the order of their first', () => {
    expect(send(SIX)).toBe(0);
    expect(taken().map(({ pieces, cut }) => [...pieces, cut])).toEqual([
      ['a1', 'a2', 'a3', 2],
      ['b1', 'b2', 2],
      ['c1', undefined],
    ]);
    expect(perCall()).toEqual([3]);
  });

  it.each([
    ['of other lengths', [to(1, 'a'), to(1, 'ab'), to(1, 'abc')]],
    ['to other ports', [1, 2, 3].map((port) => ({ ...to(1, 'a'), to: ipv4(1, port) }))],
    ['to other addresses', [1, 2, 3].map((client) => to(client, 'a'))],
    ['to other IPv6 addresses', [1, 2, 3].map((client) => ({ ...to(1, 'a'), to: ipv6(client, 1) }))],
    ['from other addresses', [1, 2, 3].map((own) => ({ ...to(1, 'a'), control: packetInfo4(own) }))],
    [
      'from other IPv6 addresses',
      [1, 2, 3].map((own) => ({ to: ipv6(1, 1), control: packetInfo6(own), text: 'a' })),
    ],
  ])('%s leave as they stand', (_, all) => {
    expect(send(all)).toBe(0);
    expect(left()).toEqual(all.map(textOf));
    expect(taken().map(({ cut }) => cut)).toEqual([undefined, undefined, undefined]);
    expect(perCall()).toEqual([3]);
  });

  it('differ by the last word of an address as by any other', () => {
    const other = ipv6(1, 1);
    other[9] = 1;
    const all = [ipv6(1, 1), other, ipv6(1, 1)].map((name) => ({ ...to(1, 'a'), to: name }));
    expect(send(all)).toBe(0);
    expect(sizes()).toEqual([2, 1]);
  });

  it('leave from the address that was asked, over IPv4 and IPv6', () => {
    const own4 = { ...to(1, 'four'), control: packetInfo4(7) };
    const own6 = { to: ipv6(9, 53), control: packetInfo6(8), text: 'six' };
    expect(send([own4, own6, own4, own6])).toBe(0);
    expect(taken()).toEqual([
      {
        to: own4.to.toString('hex'),
        control: own4.control.toString('hex'),
        pieces: ['four', 'four'],
        cut: 4,
      },
      { to: own6.to.toString('hex'), control: own6.control.toString('hex'), pieces: ['six', 'six'], cut: 3 },
    ]);
  });

  it('that are more than 64 leave in several messages', () => {
    expect(send(Array.from({ length: 150 }, (_, i) => to(1, `${100 + i}`)))).toBe(0);
    expect(sizes()).toEqual([64, 64, 22]);
  });

  it('that are more than one packet can hold leave in several messages', () => {
    const long = 'x'.repeat(REPLY_SIZE);
    expect(send(Array.from({ length: 60 }, () => to(1, long)))).toBe(0);
    expect(sizes()).toEqual([52, 8]);
  });

  it('alone are sent as they stand', () => {
    expect(send([to(1, 'a')])).toBe(0);
    expect(taken().map(({ cut }) => cut)).toEqual([undefined]);
    expect(send([])).toBe(0);
    expect(system.calls).toEqual([]);
  });

  it('leave one by one where the system does not know how to cut', () => {
    system.cuts = false;
    expect(send(SIX)).toBe(0);
    expect(left()).toEqual(SIX.map(textOf));
    expect(taken().every(({ cut }) => cut === undefined)).toBe(true);
    expect(perCall()).toEqual([6]);
  });
});

describe('a system that', () => {
  it('takes a part is asked again from there on', () => {
    expect(send(SIX, [1, 1, 1])).toBe(0);
    expect(perCall()).toEqual([1, 1, 1]);
    expect(sizes()).toEqual([3, 2, 1]);
  });

  it('is interrupted is asked again, however often', () => {
    const interrupted = Array.from({ length: 50 }, () => -Errno.EINTR);
    expect(send(SIX, [...interrupted, 1, ...interrupted, 2])).toBe(0);
    expect(system.calls).toHaveLength(102);
    expect(sizes()).toEqual([3, 2, 1]);
  });

  it('refuses one train gets its replies one by one, and the others as trains', () => {
    expect(send(SIX, [1, -EINVAL])).toBe(0);
    expect(sizes()).toEqual([3, 1, 1, 1]);
    expect(left().toSorted()).toEqual(SIX.map(textOf).toSorted());
    // The next ones are trains again.
    expect(send(SIX)).toBe(0);
    expect(sizes()).toEqual([3, 2, 1]);
  });

  it('refuses a client costs the replies to that client alone', () => {
    expect(send(SIX, [-EINVAL, -EINVAL, -EINVAL, -EINVAL])).toBe(3);
    expect(sizes()).toEqual([2, 1]);
    expect(send(SIX, [2, -EINVAL, -EINVAL])).toBe(1);
    expect(sizes()).toEqual([3, 2]);
  });

  it('cannot cut on its way out gets no train any more', () => {
    expect(send(SIX, [-Errno.EIO])).toBe(0);
    // What stood in trains already is tried as it stands.
    expect(sizes()).toEqual([1, 1, 1, 2, 1]);
    for (let again = 0; again < 3; again++) {
      expect(send(SIX)).toBe(0);
      expect(left()).toEqual(SIX.map(textOf));
      expect(perCall()).toEqual([6]);
    }
  });

  it('cannot cut for any of the trains that wait gets their replies one by one', () => {
    const noTrain = (message: unknown) => ((message as Message).cut === undefined ? 1 : -Errno.EIO);
    expect(send(SIX, Array(20).fill(noTrain))).toBe(0);
    expect(sizes()).toEqual([1, 1, 1, 1, 1, 1]);
    expect(left().toSorted()).toEqual(SIX.map(textOf).toSorted());
  });

  it('has no room is waited for, three times in a batch', () => {
    const full = -Errno.EAGAIN;
    expect(send(SIX, [1, full, full, full, 2])).toBe(0);
    expect(sizes()).toEqual([3, 2, 1]);
    expect(send(SIX, [1, full, full, full, full])).toBe(3);
    expect(sizes()).toEqual([3]);
    // Also where the replies of a train go one by one.
    expect(send(SIX, [full, full, -EINVAL, 1, full, full])).toBe(1);
    expect(sizes()).toEqual([1, 1, 2, 1]);
    expect(system.calls.map(({ wait }) => wait)).toEqual([...Array(6).fill(true), false, false]);
  });

  it('has no room is not waited for by the main thread', () => {
    expect(send(SIX, [1, -Errno.EAGAIN], false)).toBe(3);
    expect(system.calls.map(({ wait }) => wait)).toEqual([false, false]);
    expect(send(SIX, [-EINVAL, -Errno.EAGAIN], false)).toBe(1);
    expect(new Set(system.calls.map(({ wait }) => wait))).toEqual(new Set([false]));
  });

  it('has a full queue on the way out costs no more than what it refuses', () => {
    const full = -Errno.ENOBUFS;
    expect(send(SIX, [full, full, full, 3])).toBe(0);
    expect(send(SIX, [full, full, full, full, full, 1, full])).toBe(2);
    expect(sizes()).toEqual([1, 2, 1]);
  });
});

describe('whatever the replies are and whatever the system says', () => {
  const reply = fc.record({
    to: fc.constantFrom(ipv4(1, 1), ipv4(1, 2), ipv4(2, 1), ipv6(1, 1), ipv6(2, 1)),
    control: fc.constantFrom(NO_CONTROL, packetInfo4(1), packetInfo4(2), packetInfo6(1)),
    length: fc.constantFrom(4, 5, 600, REPLY_SIZE),
  });
  const says = fc.oneof(
    fc.integer({ min: 1, max: 8 }),
    fc.constantFrom(-EINVAL, -Errno.EINTR, -Errno.EAGAIN, -Errno.ENOBUFS, -Errno.EIO),
  );

  it('each one leaves once or is counted, and none is put where it does not belong', () => {
    holds(
      fc.property(
        fc.array(reply, { maxLength: SLOTS }),
        fc.array(says, { maxLength: 60 }),
        fc.boolean(),
        (shapes, answers, wait) => {
          trains = new Trains(replies, SLOTS);
          const all = shapes.map(({ length, ...rest }, i) => ({
            ...rest,
            text: `${i}`.padStart(4, '0').padEnd(length, '.'),
          }));
          const failed = send(all, answers, wait);
          const gone = left();
          expect(gone.length + failed).toBe(all.length);
          expect(new Set(gone).size).toBe(gone.length);
          const known = new Set(all.map(textOf));
          expect(gone.filter((one) => !known.has(one))).toEqual([]);
          for (const { pieces, cut } of taken()) {
            expect(pieces.length).toBeLessThanOrEqual(64);
            expect(pieces.join('').length).toBeLessThanOrEqual(65_000);
            if (pieces.length > 1)
              expect(new Set(pieces.map((piece) => piece.length))).toEqual(new Set([cut]));
          }
        },
      ),
      200,
    );
  });
});
