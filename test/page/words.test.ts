// What the page writes: numbers and times for people, and nothing that hides or pretends to be something else.
import { describe, expect, it } from 'vitest';
import type { LiveStatus } from '../../src/api/live-format.ts';
import { alarmOf } from '../../src/page/alarm.ts';
import { niceAbove, quantile, sampleOf } from '../../src/page/rates.ts';
import { addressText, traitTexts } from '../../src/page/service-words.ts';
import { count, counted, duration, latency, nameText, rate, visible } from '../../src/page/words.ts';

const STATUS: LiveStatus = {
  version: '1',
  now: 100_000,
  registry: 'etcd://here',
  state: 'synced',
  revision: 7,
  services: 3,
  upstream: [],
  held: [],
  heldNames: 0,
};

describe('texts', () => {
  it('show what cannot be seen', () => {
    expect(visible('a\nb\u001b[31m\u202ec\u200b')).toBe('a\\u{a}b\\u{1b}[31m\\u{202e}c\\u{200b}');
    expect(visible('<b>Grüße 😀')).toBe('<b>Grüße 😀');
  });

  it('of names are in presentation form', () => {
    expect(nameText('local/skydns/web')).toBe('web.skydns.local');
    expect(nameText('local/a b/\u00c3\u00bc"')).toBe('\\195\\188\\".a\\032b.local');
    expect(nameText('')).toBe('.');
  });

  it('of services say where they are and what is special', () => {
    expect(addressText({ host: '10.0.0.1', port: 80 })).toBe('10.0.0.1:80');
    expect(addressText({ host: 'fd00::1', port: 80 })).toBe('[fd00::1]:80');
    expect(addressText({ host: 'fd00::1' })).toBe('fd00::1');
    expect(addressText({ text: 'a\u0000' })).toBe('“a\\u{0}”');
    expect(addressText({})).toBe('no host');
    expect(traitTexts({ lease: 5, weight: 2, held: true, group: '<i>' })).toEqual([
      'held: its lease has run out',
      'lease 5 s',
      'weight 2',
      'group <i>',
    ]);
  });

  it('of numbers are short', () => {
    expect([count(1234567), counted(1, 'name'), counted(2, 'name')]).toEqual([
      '1,234,567',
      '1 name',
      '2 names',
    ]);
    expect([0, 0.25, 12.3, 9_999, 153_300].map(rate)).toEqual(['0', '0.3', '12', '9,999', '153K']);
    expect([0.00012, 0.0123, 0.1, 2].map(latency)).toEqual(['120 µs', '12 ms', '100 ms', '2 s']);
    expect([0, 61_000, 3_700_000, 90_000_000].map(duration)).toEqual([
      '0 s',
      '1 min 1 s',
      '1 h 1 min',
      '1 d 1 h',
    ]);
  });
});

describe('alarms', () => {
  it('are none where all is well', () => {
    expect(alarmOf(STATUS, undefined)).toBeUndefined();
  });

  it('say that the registry is cut off, for how long and why', () => {
    const alarm = alarmOf({ ...STATUS, state: 'stale', since: 30_000, cause: 'gone\u0007' }, undefined);
    expect(alarm).toMatchObject({ kind: 'stale', title: 'Stale: cut off from the registry' });
    expect(alarm?.text).toContain('Nothing has been heard for 1 min 10 s');
    expect(alarm?.text).toContain('Cause: gone\\u{7}');
  });

  it.each([
    [{ ...STATUS, state: 'stale', since: 0, expired: true }, 'expired'],
    [{ ...STATUS, state: 'starting' }, 'starting'],
    [{ ...STATUS, state: 'stopping' }, 'stopping'],
    [{ ...STATUS, heldNames: 1, held: [{ name: 'a.', since: 0, of: 12, held: 10 }] }, 'held'],
  ] as const)('tell kinds apart: %#', (status, kind) => {
    expect(alarmOf(status, undefined)?.kind).toBe(kind);
  });

  it('put the page that hears nothing before all else', () => {
    const lost = { since: 0, why: undefined };
    expect(alarmOf({ ...STATUS, state: 'stale' }, lost)?.kind).toBe('lost');
    expect(alarmOf(undefined, { since: undefined, why: '256 look on\n' })?.text).toBe(
      'It is tried again and again. It says: 256 look on\\u{a}.',
    );
  });
});

describe('rates', () => {
  const counts = { rcodes: { NOERROR: 100 }, latency: [100, 0, 0], bounds: [0.001, 0.01], changes: 5 };
  const before = { ...STATUS, counts };

  it('are differences by seconds', () => {
    const next = {
      rcodes: { NOERROR: 140, NXDOMAIN: 20 },
      latency: [150, 10, 0],
      bounds: [0.001, 0.01],
      changes: 9,
    };
    expect(sampleOf(before, { ...STATUS, now: 102_000, counts: next })).toMatchObject({
      answers: 30,
      rcodes: { NOERROR: 20, NXDOMAIN: 10 },
      changes: 2,
      p50: 0.0006,
    });
  });

  it('are not known where the server began anew, or time stood still', () => {
    const fresh = { ...counts, rcodes: { NOERROR: 1 } };
    expect(sampleOf(before, { ...STATUS, now: 101_000, counts: fresh })).toBeUndefined();
    expect(sampleOf(before, before)).toBeUndefined();
    expect(sampleOf(STATUS, { ...STATUS, now: 101_000 })).toBeUndefined();
  });

  it('have no latency where nothing was answered, and the last bound where more is not known', () => {
    expect(quantile([0, 0], [1], 0.5)).toBeUndefined();
    expect(quantile([0, 0, 5], [0.001, 0.01], 0.99)).toBe(0.01);
  });

  it('are drawn up to a round number', () => {
    expect([0, 0.3, 1, 1.2, 3, 7, 99, 153_000].map(niceAbove)).toEqual([0, 0.5, 1, 2, 5, 10, 100, 200_000]);
  });
});
