// Sending in batches when the system takes a part, nothing, or refuses one: what is sent again, waited for, given up.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Patience, sendSlots } from '../../src/transport/udp-batch/outbox.ts';
import { Packets } from '../../src/transport/udp-batch/packets.ts';
import { Errno } from '../../src/transport/udp-batch/syscalls.ts';

const EINVAL = 22;

/** What the system says to the next calls: how many it took, or the negative error. */
const system = vi.hoisted(() => ({
  says: [] as number[],
  errno: 0,
  calls: [] as { first: number; count: number; wait: boolean }[],
  base: 0n,
}));

vi.mock('../../src/transport/udp-batch/syscalls.ts', async (original) => ({
  ...(await original<object>()),
  errno: () => system.errno,
  send: (_fd: number, headers: bigint, count: number, wait: boolean) => {
    system.calls.push({ first: Number(headers - system.base) / 64, count, wait });
    const says = system.says.shift() ?? count;
    // A call that goes well leaves the last error as it was.
    if (says < 0) system.errno = -says;
    return says < 0 ? -1 : Math.min(says, count);
  },
}));

const packets = new Packets(64, 64);
const patience = new Patience();

beforeEach(() => {
  system.says = [];
  system.errno = 0;
  system.calls = [];
  system.base = packets.headers;
});

function send(count: number, says: readonly number[], wait = true): number {
  system.says = [...says];
  patience.begin(wait);
  return sendSlots(3, packets, 0, count, patience);
}

/** The first slot of each call. */
const firsts = () => system.calls.map(({ first }) => first);

describe('a batch', () => {
  it('that goes out whole takes one call', () => {
    expect(send(64, [64])).toBe(0);
    expect(system.calls).toEqual([{ first: 0, count: 64, wait: true }]);
  });

  it('of nothing takes none', () => {
    expect(send(0, [])).toBe(0);
    expect(system.calls).toEqual([]);
  });

  it('that goes out in parts goes on where the system stopped', () => {
    expect(send(64, [10, 1, 50])).toBe(0);
    expect(system.calls.map(({ first, count }) => [first, count])).toEqual([
      [0, 64],
      [10, 54],
      [11, 53],
      [61, 3],
    ]);
  });

  it('that is interrupted is sent again, however often', () => {
    const interrupted = Array.from({ length: 50 }, () => -Errno.EINTR);
    expect(send(4, [...interrupted, 2, ...interrupted, 2])).toBe(0);
    expect(system.calls).toHaveLength(102);
  });

  it('loses only the replies that the system refuses', () => {
    expect(send(5, [1, -EINVAL, 1, -EINVAL, 1])).toBe(2);
    expect(firsts()).toEqual([0, 1, 2, 3, 4]);
    system.calls = [];
    expect(send(3, [-EINVAL, -EINVAL, -EINVAL])).toBe(3);
    expect(firsts()).toEqual([0, 1, 2]);
  });
});

describe('a full buffer', () => {
  const full = -Errno.EAGAIN;

  it('is waited for, three times in a batch', () => {
    expect(send(10, [4, full, full, full, 6])).toBe(0);
    expect(firsts()).toEqual([0, 4, 4, 4, 4]);
    system.calls = [];
    expect(send(10, [4, full, 1, full, full, full])).toBe(5);
    expect(system.calls).toHaveLength(6);
  });

  it('is not waited for by the main thread', () => {
    expect(send(10, [4, full], false)).toBe(6);
    expect(system.calls).toEqual([
      { first: 0, count: 10, wait: false },
      { first: 4, count: 6, wait: false },
    ]);
  });
});

it('a part of the slots goes out alone', () => {
  patience.begin(true);
  expect(sendSlots(3, packets, 7, 5, patience)).toBe(0);
  expect(system.calls).toEqual([{ first: 7, count: 5, wait: true }]);
  system.says = [2, -EINVAL, 1];
  expect(sendSlots(3, packets, 7, 5, patience)).toBe(1);
  expect(firsts()).toEqual([7, 7, 9, 10, 11]);
});

it('what is sent after a buffer stayed full is not waited for', () => {
  system.says = Array(5).fill(-Errno.EAGAIN);
  patience.begin(true);
  expect(sendSlots(3, packets, 0, 2, patience)).toBe(2);
  expect(sendSlots(3, packets, 2, 2, patience)).toBe(2);
  expect(system.calls.map(({ wait }) => wait)).toEqual([true, true, true, true, false]);
});

describe('a full queue of the interface', () => {
  const full = -Errno.ENOBUFS;

  it('is tried again, then costs one reply at a time', () => {
    expect(send(3, [full, full, full, 3])).toBe(0);
    expect(send(3, [full, full, full, full, 2])).toBe(1);
    expect(send(3, [full, full, full, full, full, full])).toBe(3);
  });

  it('costs the main thread one reply at a time', () => {
    expect(send(3, [full, 2], false)).toBe(1);
    expect(firsts()).toEqual([0, 1]);
  });
});
