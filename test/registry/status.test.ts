// States as users see them: told once per change, with since when and why; short losses are not told.
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { Status } from '../../src/registry/status.ts';
import { View } from './view.ts';

const START = 1_000_000;

function scene(known?: number) {
  const clock = new ManualClock(START);
  const view = new View();
  const lines: string[] = [];
  const line = (level: string) => (_: unknown, message: string) => void lines.push(`${level} ${message}`);
  const logger = { ...silent, info: line('info'), warn: line('warn') };
  const status = new Status({ url: 'etcd://here', sink: view, logger, clock }, known);
  return { clock, view, lines, status };
}

describe('a registry that was never reached', () => {
  it('is stale at once, with the cause, once', () => {
    const { view, status, lines } = scene();
    for (let i = 0; i < 3; i++) status.stale(new Error(`attempt ${i}`));
    expect(view.states).toMatchObject([{ kind: 'stale', since: START, cause: { message: 'attempt 0' } }]);
    expect(lines).toEqual(['warn cut off from the registry: what was known stays in force']);
  });

  it('is stale since its snapshot was true', () => {
    const { view, status } = scene(START - 60_000);
    status.stale(new Error('gone'));
    expect(view.states).toMatchObject([{ kind: 'stale', since: START - 60_000 }]);
  });

  it('is stale since now where the snapshot is from the future', () => {
    const { view, status } = scene(START + 60_000);
    status.stale(new Error('gone'));
    expect(view.states).toMatchObject([{ kind: 'stale', since: START }]);
  });
});

describe('a registry that is lost', () => {
  it('for less than two seconds is not stale', () => {
    const { clock, view, status, lines } = scene();
    status.synced(1);
    for (let i = 0; i < 3; i++) {
      status.stale(new Error('gone'));
      clock.advance(1_999);
      status.synced(2);
      clock.advance(10_000);
    }
    expect(view.states).toEqual([{ kind: 'synced' }]);
    expect(lines.filter((line) => line.includes('lost: trying again'))).toHaveLength(3);
  });

  it('for longer is stale since it was last heard, with the last cause', () => {
    const { clock, view, status, lines } = scene();
    status.synced(1);
    clock.advance(5_000);
    status.heard();
    clock.advance(1_000);
    status.stale(new Error('first'));
    clock.advance(500);
    status.stale(new Error('second'));
    status.heard(); // from a connection that does not last: what was missed is still missing
    clock.advance(1_500);
    expect(view.states).toMatchObject([
      { kind: 'synced' },
      { kind: 'stale', since: START + 5_000, cause: { message: 'second' } },
    ]);
    status.synced(2);
    expect(view.kind).toBe('synced');
    expect(lines.filter((line) => line.startsWith('warn'))).toHaveLength(1);
    status.stale(new Error('again'));
    clock.advance(2_000);
    expect(view.states.at(-1)).toMatchObject({ since: START + 8_000 });
  });

  it('is not told to anybody after the end', () => {
    const { clock, view, status } = scene();
    status.synced(1);
    status.stale(new Error('gone'));
    status.close();
    clock.advance(10_000);
    expect(view.kind).toBe('synced');
  });
});

it('the last word is the last time that anything was heard, synced or not', () => {
  const { clock, status } = scene();
  expect(status.lastWord).toBeUndefined();
  status.heard();
  expect(status.lastWord).toBe(START);
  clock.advance(5_000);
  status.stale(new Error('gone'));
  expect(status.lastWord).toBe(START);
  status.synced(7);
  expect(status.lastWord).toBe(START + 5_000);
});
