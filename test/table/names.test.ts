// The set of existing names against a plain multiset: NXDOMAIN where a name cannot exist, and only there.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Control, type TableMemory } from '../../src/table/layout.ts';
import { TableReader } from '../../src/table/lookup.ts';
import { NamesWriter } from '../../src/table/names-writer.ts';
import { Zones } from '../../src/zone/zones.ts';
import { holdsSoon } from './holds-soon.ts';
import { smallMemory } from './memory.ts';
import { packet, wireOf } from './questions.ts';
import { Asker } from './world.ts';

const NXDOMAIN = 3;
type Said = 'NXDOMAIN' | 'miss';

/** Writer, reader and a plain multiset side by side. */
class Names {
  readonly memory: TableMemory;
  readonly writer: NamesWriter;
  readonly model = new Map<string, number>();
  readonly zones: readonly string[];
  readonly #asker: Asker;

  constructor(zones: readonly string[] = ['z'], slots = 1024) {
    this.zones = zones;
    this.memory = smallMemory({ zones: new Zones(zones.map((name) => ({ name }))), names: slots });
    this.writer = new NamesWriter(this.memory);
    this.#asker = new Asker(new TableReader(this.memory, 3));
    for (const zone of zones) this.add(zone);
  }

  add(...names: string[]): this {
    for (const name of names) {
      this.writer.add(wireOf(name) as never);
      this.model.set(name, (this.model.get(name) ?? 0) + 1);
    }
    return this;
  }

  remove(...names: string[]): this {
    for (const name of names) {
      this.writer.remove(wireOf(name) as never);
      const left = (this.model.get(name) ?? 0) - 1;
      if (left > 0) this.model.set(name, left);
      else this.model.delete(name);
    }
    return this;
  }

  /** When what was changed counts. */
  async published(): Promise<this> {
    this.writer.publish();
    await Promise.resolve();
    return this;
  }

  says(name: string, type = 1): Said {
    const request = packet({ name, type });
    const reply = this.#asker.ask(request);
    if (reply === undefined) return 'miss';
    expect([reply[3]! & 15, reply.readUInt16BE(6), reply.readUInt16BE(8)]).toEqual([NXDOMAIN, 0, 1]);
    return 'NXDOMAIN';
  }

  /** What has to be said, by the rules of RFC 4592 and design section 3, over plain sets of texts. */
  shouldSay(name: string): Said {
    const labels = name.split('.');
    const above = labels.map((_, i) => labels.slice(i).join('.'));
    const zone = above.find((suffix) => this.zones.includes(suffix));
    if (zone === undefined || zone === name || this.model.has(name)) return 'miss';
    const inside = labels.slice(0, labels.length - zone.split('.').length);
    if (inside.includes('*') || inside.includes('any')) return 'miss';
    const encloser = above.slice(1).find((suffix) => suffix === zone || this.model.has(suffix));
    return this.model.has(`*.${encloser}`) ? 'miss' : 'NXDOMAIN';
  }
}

describe('a worker says NXDOMAIN', () => {
  it('to names that do not exist, once the names are known', async () => {
    const names = new Names().add('a.z', 'b.a.z');
    await Promise.resolve();
    expect(names.says('no.z')).toBe('miss');
    await names.published();
    for (const name of ['no.z', 'no.a.z', 'a.no.z', 'NO.Z', 'c.b.a.z', 'aa.z'])
      expect([name, names.says(name)]).toEqual([name, 'NXDOMAIN']);
  });

  it('to no name that exists, be it an apex or a name that only has others below it', async () => {
    const names = await new Names(['z', 'in.z']).add('a.z', 'b.a.z', 'ent.in.z', 'x.ent.in.z').published();
    for (const name of ['z', 'in.z', 'a.z', 'A.z', 'b.a.z', 'ent.in.z', 'x.ent.in.z'])
      expect([name, names.says(name)]).toEqual([name, 'miss']);
  });

  it('to no name that a stored wildcard may cover, decided by the closest encloser', async () => {
    const names = await new Names().add('*.z', 'a.z', 'deep.z', '*.deep.z').published();
    for (const name of ['no.z', 'no.no.z', 'x.deep.z', 'x.y.deep.z']) expect(names.says(name)).toBe('miss');
    // a.z exists, so that *.z says nothing about names below it (RFC 4592 3.3.1).
    expect(names.says('no.a.z')).toBe('NXDOMAIN');
  });

  it('to every name that does not exist, once the last wildcard is gone', async () => {
    const names = await new Names().add('*.z', '*.z', '*.a.z', 'a.z').published();
    await names.remove('*.z', '*.never.z').published();
    expect([names.says('no.z'), names.says('no.a.z')]).toEqual(['miss', 'miss']);
    await names.remove('*.z', '*.a.z').published();
    expect([names.says('no.z'), names.says('no.a.z')]).toEqual(['NXDOMAIN', 'NXDOMAIN']);
    await names.add('*.z').published();
    expect([names.says('no.z'), names.says('no.a.z')]).toEqual(['miss', 'NXDOMAIN']);
  });

  it('to no name that is open or lies below one, however deep, until it is closed', async () => {
    const names = await new Names().add('a.z', 'deep.a.z', 'b.z', '*.b.z').published();
    const long = [63, 63, 63, 57].map((length) => 'x'.repeat(length)).join('.');
    const all = ['a.z', 'no.a.z', 'no.deep.a.z', 'x.no.deep.a.z', `${long}.a.z`];
    expect(wireOf(`${long}.a.z`).length).toBe(255);
    for (let time = 0; time < 2; time++) {
      names.writer.open(wireOf('a.z'));
      names.writer.open(wireOf('q.z'));
      names.writer.open(wireOf(`${long}.b.z`));
      await Promise.resolve();
      for (const name of [...all, 'q.z', 'x.q.z', `${long}.b.z`])
        expect([name, names.says(name)]).toEqual([name, 'miss']);
      for (const name of ['no.z', 'aa.z', 'x.aa.z'])
        expect([name, names.says(name)]).toEqual([name, 'NXDOMAIN']);
      for (const name of ['a.z', 'q.z', `${long}.b.z`]) names.writer.close(wireOf(name));
      await Promise.resolve();
      for (const name of [...all.slice(1), 'q.z', 'x.q.z'])
        expect([name, names.says(name)]).toEqual([name, 'NXDOMAIN']);
    }
    names.writer.open(wireOf('z'));
    await Promise.resolve();
    for (const name of [...all, 'no.z', 'x.no.z']) expect(names.says(name)).toBe('miss');
  });

  it('to no wildcard in a question, but a zone may have such a label', async () => {
    const names = await new Names(['z', 'any.q']).published();
    for (const name of ['*.z', 'any.z', 'a.*.z', 'any.no.z', '*.any.q'])
      expect(names.says(name)).toBe('miss');
    for (const name of ['many.z', 'anyy.z', '**.z', 'no.any.q']) expect(names.says(name)).toBe('NXDOMAIN');
  });

  it('to no name outside the zones, nor to one that only ends like one', async () => {
    const names = await new Names(['z', 'ab.z2']).published();
    for (const name of ['', 'q', 'zz', 'a.zz', 'b.z2', 'cab.z2']) expect(names.says(name)).toBe('miss');
    // Their last bytes are those of the zone's name, but not at a label's beginning.
    const trap = Buffer.concat([Buffer.of(4), Buffer.from('x\x01z\x00', 'latin1')]).toString('latin1');
    expect(trap).toHaveLength(5);
    expect(names.says('x\x01z')).toBe('miss');
    expect(names.says('no.ab.z2')).toBe('NXDOMAIN');
  });

  it('by the zone that lies deepest', async () => {
    const names = await new Names(['z', 'in.z', 'deep.in.z']).add('*.z', '*.deep.in.z').published();
    expect(names.says('no.z')).toBe('miss');
    expect(names.says('no.in.z')).toBe('NXDOMAIN');
    expect(names.says('no.deep.in.z')).toBe('miss');
  });

  it('whatever data type is asked for, but never for a meta type', async () => {
    const names = await new Names().published();
    for (const type of [0, 1, 28, 33, 99, 128, 248, 255]) expect(names.says('no.z', type)).toBe('NXDOMAIN');
    for (const type of [41, 249, 250, 251, 252, 253, 254, 256, 65_280])
      expect(names.says('no.z', type)).toBe('miss');
  });

  it('to names as long as names can be', async () => {
    const label = 'x'.repeat(63);
    const long = `${label}.${label}.${label}.${'y'.repeat(59)}.z`;
    const names = await new Names().add(`${label}.z`).published();
    expect(wireOf(long).length).toBe(255);
    expect(names.says(long)).toBe('NXDOMAIN');
    names.add(long);
    await Promise.resolve();
    expect(names.says(long)).toBe('miss');
  });
});

describe('a name', () => {
  it('that was added twice exists until it was removed twice', async () => {
    const names = await new Names().add('a.z', 'a.z').published();
    await names.remove('a.z').published();
    expect(names.says('a.z')).toBe('miss');
    await names.remove('a.z').published();
    expect(names.says('a.z')).toBe('NXDOMAIN');
    await names.remove('a.z', 'never.z').published();
    expect(names.writer.count).toBe(1);
  });

  it('never fails to exist while wildcards give way to it', async () => {
    const names = await new Names().add('*.z').published();
    // As the tree adds them: from the top. In between, the parent alone would hide the wildcard.
    names.add('b.z');
    expect(names.says('a.b.z')).toBe('miss');
    names.add('a.b.z');
    expect(names.says('a.b.z')).toBe('miss');
    await Promise.resolve();
    expect(names.says('a.b.z')).toBe('miss');
    expect(names.says('c.b.z')).toBe('NXDOMAIN');
    names.remove('a.b.z', 'b.z');
    expect(names.says('a.b.z')).toBe('miss');
    await Promise.resolve();
    expect(names.says('a.b.z')).toBe('miss');
  });
});

describe('the set', () => {
  it('grows through its sizes without losing a name, and readers follow', async () => {
    const names = new Names(['z'], 16_384);
    const control = new Int32Array(names.memory.control);
    const sizes = new Set<number>();
    for (let i = 0; i < 8000; i++) {
      names.add(`n${i}.z`);
      if (i % 500 !== 0) continue;
      await names.published();
      sizes.add(control[Control.NAMES_SLOTS]!);
      for (let j = 0; j <= i; j += 97) expect(names.says(`n${j}.z`)).toBe('miss');
      expect(names.says(`n${i + 1}.z`)).toBe('NXDOMAIN');
    }
    expect([...sizes]).toEqual([1024, 2048, 4096, 8192, 16_384]);
    expect(names.writer.count).toBe(8001);
  });

  it('is given up when there are more names than room, and what exists still does', async () => {
    const names = await new Names(['z'], 1024).published();
    for (let i = 0; i < 511; i++) names.add(`n${i}.z`);
    await Promise.resolve();
    expect(names.says('no.z')).toBe('NXDOMAIN');
    names.add('one.too.many.z');
    await Promise.resolve();
    expect(names.says('no.z')).toBe('miss');
    names.remove('n1.z', 'n2.z');
    await names.published();
    expect(names.says('no.z')).toBe('miss');
    expect(names.says('n1.z')).toBe('miss');
  });
});

describe('over random changes', () => {
  const label = fc.constantFrom('a', 'b', 'c', 'd', '*', 'any', 'in');
  const name = fc
    .tuple(fc.array(label, { minLength: 0, maxLength: 4 }), fc.constantFrom('z', 'in.z', 'q', 'other'))
    .map(([labels, top]) => [...labels, top].join('.'));
  const change = fc.record({ add: fc.boolean(), name, bulk: fc.nat(60) });

  it('it says what a plain set says, to every question', async () => {
    let denied = 0;
    await holdsSoon(
      fc.asyncProperty(
        fc.array(fc.array(change, { maxLength: 8 }), { maxLength: 12 }),
        fc.array(name, { minLength: 30, maxLength: 60 }),
        async (turns, asked) => {
          const names = new Names(['z', 'in.z', 'q'], 4096);
          for (const changes of turns) {
            const few = asked.slice(0, 3);
            const before = few.map((one) => names.shouldSay(one));
            for (const { add, name: changed, bulk } of changes) {
              if (add) names.add(changed, ...Array.from({ length: bulk }, (_, i) => `f${i}.${changed}`));
              else names.remove(changed);
              // In the middle of a turn nothing is denied that was not denied before it.
              for (const [i, one] of few.entries())
                if (names.says(one) === 'NXDOMAIN') expect(before[i]).toBe('NXDOMAIN');
            }
            await names.published();
            for (const one of [...asked, ...names.model.keys()].slice(0, 300)) {
              const said = names.says(one);
              if (said === 'NXDOMAIN') denied++;
              if (said !== names.shouldSay(one)) expect([one, said]).toEqual([one, names.shouldSay(one)]);
            }
          }
        },
      ),
      30,
    );
    expect(denied).toBeGreaterThan(100);
  });
});
