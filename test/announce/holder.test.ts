// Services held in real registries: registered, lost, found, taken over, taken out.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ClaimEvent, Held } from '../../src/announce/claim.ts';
import { Holder } from '../../src/announce/holder.ts';
import { newOwner, type Owner } from '../../src/announce/owner.ts';
import { recordsOf } from '../../src/announce/records.ts';
import { realClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { EtcdRegistry } from '../../src/registry/etcd.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { SqliteRegistry } from '../../src/registry/sqlite.ts';
import { isProblem } from '../../src/service/problem.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { Line } from '../support/line.ts';

const soon = { timeout: 30_000, interval: 20 };
const PREFIX = '/skydns';
/** Seconds; a busy machine renews it in time. */
const LEASE = 6;
/** Seconds of a lease that is waited for. */
const SHORT = 4;

let etcd: TestEtcd;
let folder: string;
const closings: (() => unknown)[] = [];
let count = 0;

beforeAll(async () => {
  etcd = await startEtcd();
  folder = await mkdtemp(join(tmpdir(), 'fingerpost-holder-'));
}, 120_000);
afterAll(async () => {
  await etcd.remove();
  await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

function overEtcd(host = etcd.endpoint): Registry {
  const registry = new EtcdRegistry(
    { url: `etcd://${host}`, prefix: PREFIX, hosts: [host] },
    { logger: silent, clock: realClock },
  );
  closings.push(() => registry.close());
  return registry;
}

function overSqlite(): Registry {
  const path = join(folder, 'registry.db');
  const registry = new SqliteRegistry(
    { url: `sqlite:${path}`, prefix: PREFIX, path },
    { logger: silent, clock: realClock },
  );
  closings.push(() => registry.close());
  return registry;
}

/** A holder, and what it says of each claim. */
class Place {
  readonly holder: Holder;
  readonly registry: Registry;
  readonly events: ClaimEvent[] = [];
  readonly warnings: string[] = [];
  readonly infos: string[] = [];

  constructor(registry: Registry, ttl = LEASE) {
    this.registry = registry;
    const logger = {
      ...silent,
      warn: (_: unknown, message: string) => void this.warnings.push(message),
      info: (_: unknown, message: string) => void this.infos.push(message),
    };
    this.holder = new Holder({ registry, ttl, logger });
    closings.push(() => this.holder.close());
  }

  hold(name: string, label: string, replace = false): Held {
    return this.holder.hold({
      name: `${label}.${name}`,
      records: records(name, label, this.holder.owner),
      replace,
      told: (event) => void this.events.push(event),
    });
  }

  get kinds(): string[] {
    return this.events.map(({ kind }) => kind);
  }

  /** So much was said, of whichever claim first. */
  async says(...kinds: ClaimEvent['kind'][]): Promise<void> {
    await expect.poll(() => this.kinds.sort(), soon).toEqual(kinds.sort());
  }
}

function records(name: string, label: string, owner: Owner) {
  const made = recordsOf(
    PREFIX,
    { name: `${name}.skydns.local`, label, host: '10.0.0.1', port: 80, srv: ['_http._tcp'] },
    owner,
  );
  if (isProblem(made)) throw new Error(made.problem);
  return made;
}

const newName = () => `n${++count}`;
const keyOf = (name: string) => `${PREFIX}/local/skydns/${name}`;

/** Owners of the records below a name, and the keys. */
async function there(registry: Registry, name: string): Promise<string[]> {
  const { entries } = await registry.list(keyOf(name));
  return entries.map(({ key, value }) => {
    const { announcer } = JSON.parse(value) as { announcer?: Owner };
    return `${key.slice(keyOf(name).length + 1)} ${announcer?.id}`;
  });
}

const both = (label: string, { id }: Owner) => [`_tcp/_http/${label} ${id}`, `${label} ${id}`];

const engines = [
  ['etcd', overEtcd],
  ['sqlite', overSqlite],
] as const;

describe.each(engines)('a holder over %s', (_, open) => {
  it('registers under one lease, all records of a service at one revision, and takes them out', async () => {
    const place = new Place(open());
    const name = newName();
    const held = ['a', 'b'].map((label) => place.hold(name, label));
    await place.says('registered', 'registered');
    const { entries } = await place.registry.list(keyOf(name));
    expect(entries).toHaveLength(4);
    expect(new Set(entries.map(({ lease }) => lease?.id)).size).toBe(1);
    expect(entries[0]?.lease?.ttl).toBe(LEASE);
    await place.holder.withdraw(held[0]!);
    expect(await there(place.registry, name)).toEqual(both('b', place.holder.owner));
    await place.holder.withdraw(held[1]!);
    expect(await there(place.registry, name)).toEqual([]);
  });

  it('refuses a label that another one has, who lives; with `replace` takes it, and the first one says so', async () => {
    const [first, second, third] = [new Place(open()), new Place(open()), new Place(open())];
    const name = newName();
    first.hold(name, 'a');
    await first.says('registered');
    const refused = second.hold(name, 'a');
    await second.says('refused');
    expect(second.events[0]).toMatchObject({
      taken: false,
      why: `it is held by process ${process.pid} of this machine`,
    });
    await second.holder.withdraw(refused);
    third.hold(name, 'a', true);
    await third.says('registered');
    expect(await there(third.registry, name)).toEqual(both('a', third.holder.owner));
    await first.says('registered', 'refused');
    expect(first.events[1]).toMatchObject({ taken: true });
  });

  it('takes over at once from one that died on this machine, and waits for the lease of one elsewhere', async () => {
    const place = new Place(open());
    const name = newName();
    const { id, ttl } = await place.registry.grant(60);
    const dead = { ...newOwner(), start: '1' };
    const { id: short } = await place.registry.grant(SHORT);
    const far = { ...newOwner(), machine: 'another' };
    await place.registry.commit([
      ...records(name, 'dead', dead).map((record) => ({ kind: 'put', ...record, lease: id }) as const),
      ...records(name, 'far', far).map((record) => ({ kind: 'put', ...record, lease: short }) as const),
    ]);
    expect(ttl).toBe(60);
    place.hold(name, 'dead');
    place.hold(name, 'far');
    await place.says('registered', 'waiting', 'registered');
    const { owner } = place.holder;
    expect((await there(place.registry, name)).sort()).toEqual(
      [...both('dead', owner), ...both('far', owner)].sort(),
    );
  });

  it('refuses what lives elsewhere, what has no lease, and what nobody announces', async () => {
    const [place, far] = [new Place(open()), new Place(open(), SHORT)];
    Object.assign(far.holder.owner, { machine: 'another' });
    const name = newName();
    far.hold(name, 'far');
    await far.says('registered');
    await place.registry.commit([{ kind: 'put', key: `${keyOf(name)}/put`, value: '{"host":"10.0.0.9"}' }]);
    place.hold(name, 'far');
    place.hold(name, 'put');
    await place.says('waiting', 'refused', 'refused');
    const why = place.events.map((event) => ('why' in event ? event.why : ''));
    expect(why.sort()).toEqual([
      'it is held by another machine or container',
      'it is held by another machine or container',
      'it is held by somebody who does not announce it',
    ]);
    expect(far.kinds).toEqual(['registered']);
  });

  it('registers again what was deleted, and after its lease has ended', async () => {
    const place = new Place(open());
    const name = newName();
    place.hold(name, 'a');
    await place.says('registered');
    await place.registry.commit([{ kind: 'delete', key: `${keyOf(name)}/a` }]);
    await place.says('registered', 'registered');
    const [entry] = (await place.registry.list(keyOf(name))).entries;
    await place.registry.revoke(entry!.lease!.id);
    await place.says('registered', 'registered', 'registered');
    expect(place.events.map((event) => event.kind === 'registered' && event.again)).toEqual([
      false,
      true,
      true,
    ]);
    expect(await there(place.registry, name)).toEqual(both('a', place.holder.owner));
    expect(place.warnings).toEqual(['the lease has ended: registering again']);
  });
});

describe('a holder whose registry is away', () => {
  it('waits for it, renews in time, and knows its own records from those of others', async () => {
    const line = await Line.to(etcd.port);
    closings.push(() => line.cut());
    await line.cut();
    const place = new Place(overEtcd(line.endpoint), 30);
    const direct = overEtcd();
    const name = newName();
    const held = place.hold(name, 'a');
    await expect.poll(() => place.warnings, soon).toEqual(['the registry is away or refuses: trying again']);
    await line.open();
    await place.says('registered');

    // What is taken out while it is away is gone when it is back, and nothing of others with it.
    await line.cut();
    await direct.commit([{ kind: 'put', key: `${keyOf(name)}/a`, value: '{"host":"10.0.0.9"}' }]);
    const gone = place.holder.withdraw(held);
    await expect.poll(() => place.warnings.length, soon).toBe(2);
    await line.open();
    await gone;
    expect(await there(direct, name)).toEqual(['a undefined']);
  });

  it('says that it is back only where it was asked', async () => {
    const line = await Line.to(etcd.port);
    closings.push(() => line.cut());
    await line.cut();
    const place = new Place(overEtcd(line.endpoint), 30);
    const name = newName();
    const held = place.hold(name, 'a');
    await expect.poll(() => place.warnings, soon).toHaveLength(1);
    await place.holder.withdraw(held); // nothing was written, so nobody is asked
    expect(place.infos).toEqual([]);
    await line.open();
    place.hold(name, 'b');
    await place.says('registered');
    await expect.poll(() => place.infos, soon).toEqual(['the registry is there again']);
  });

  it('finds a write whose answer was lost, and writes it but once', async () => {
    const line = await Line.to(etcd.port);
    closings.push(() => line.cut());
    const place = new Place(overEtcd(line.endpoint), 30);
    const direct = overEtcd();
    const name = newName();
    place.hold(name, 'first');
    await place.says('registered');
    line.silence(true, 'down');
    place.hold(name, 'a');
    await expect.poll(() => there(direct, name), soon).toHaveLength(4); // etcd has made it, nobody knows
    await line.cut();
    line.silence(false);
    await line.open();
    await place.says('registered', 'registered');
    expect((await there(direct, name)).sort()).toEqual(
      [...both('a', place.holder.owner), ...both('first', place.holder.owner)].sort(),
    );
  });
});

describe('a restored etcd', () => {
  it('gets back what its backup had not, in the place of what it had', async () => {
    const own = await startEtcd();
    closings.push(() => own.remove());
    const backup = join(folder, 'backup');
    const place = new Place(overEtcd(own.endpoint));
    const name = newName();
    const old = place.hold(name, 'old');
    place.hold(name, 'both');
    await place.says('registered', 'registered');
    await own.ctl('snapshot', 'save', backup);
    await place.holder.withdraw(old);
    place.hold(name, 'new');
    await place.says('registered', 'registered', 'registered');
    await own.restore(backup);
    const direct = overEtcd(own.endpoint);
    const { owner } = place.holder;
    // What was taken out after the backup was made is there again, until the lease of then has run out.
    await expect
      .poll(async () => (await there(direct, name)).sort(), soon)
      .toEqual([...both('both', owner), ...both('new', owner)].sort());
    expect(place.warnings).toContain('the registry was set back: registering again');
  });
});
