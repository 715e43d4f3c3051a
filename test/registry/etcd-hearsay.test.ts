// Progress that etcd broadcasts is believed when nothing has come behind it.
import { describe, expect, it } from 'vitest';
import { Hearsay } from '../../src/registry/etcd-hearsay.ts';

describe('what etcd says of its progress', () => {
  it('is believed when it says so again a while later', () => {
    const hearsay = new Hearsay();
    expect(hearsay.heard(10, 0)).toBeUndefined();
    expect(hearsay.heard(11, 1_000)).toBeUndefined();
    expect(hearsay.heard(12, 2_000)).toBe(10);
    expect(hearsay.heard(13, 3_000)).toBeUndefined();
    expect(hearsay.heard(14, 4_000)).toBe(12);
  });

  it('is not believed where a change came after it: that may be one that was overtaken', () => {
    const hearsay = new Hearsay();
    hearsay.heard(10, 0);
    hearsay.forget();
    expect(hearsay.heard(11, 2_000)).toBeUndefined();
    expect(hearsay.heard(11, 4_000)).toBe(11);
  });

  it('is weighed anew where the clock was set back', () => {
    const hearsay = new Hearsay();
    hearsay.heard(10, 10_000);
    expect(hearsay.heard(11, 0)).toBeUndefined();
    expect(hearsay.heard(12, 2_000)).toBe(11);
  });
});
