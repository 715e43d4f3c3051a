// Stub zones: which names they take, and that they follow what is given and registered.
import fc from 'fast-check';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { type StubGroup, type StubServer, type StubService, StubZones } from '../../src/upstream/stub.ts';
import { labelsToText, nameToText, reversedLabels } from '../../src/wire/name.ts';
import { holds } from '../support/property.ts';
import { name } from '../wire/packets.ts';

const labels = (text: string): string[] => reversedLabels(name(text));
const OWN = ['skydns.local', 'east.example.com'].map(labels);

class Group implements StubGroup {
  readonly name: string;
  servers: readonly StubServer[];
  isOpen = true;

  constructor(name: string, servers: readonly StubServer[]) {
    this.name = name;
    this.servers = servers;
  }

  replace(servers: readonly StubServer[]): void {
    this.servers = servers;
  }
}

let opened: Group[] = [];
let changed: string[] = [];
/** How many zones there were when a change was told. */
let known: number[] = [];
let warned: unknown[] = [];
let stubs: StubZones<Group>;
beforeEach(() => {
  opened = [];
  changed = [];
  known = [];
  warned = [];
  const ignore = () => {};
  stubs = new StubZones<Group>({
    groups: {
      group({ name }, servers) {
        const group = new Group(name, servers);
        opened.push(group);
        return group;
      },
      dissolve(group) {
        group.isOpen = false;
      },
    },
    own: OWN,
    log: { debug: ignore, info: ignore, error: ignore, warn: (fields) => warned.push(fields) },
    changed: (zone) => {
      changed.push(nameToText(zone));
      known.push(stubs.all.length);
    },
  });
});

const given = (zone: string, ...hosts: string[]) => ({
  labels: labels(zone),
  servers: hosts.map((host) => ({ host, port: 53 })),
});

/** `com/example/ns1` as it stands below `stub`. */
function service(path: string, host: string, port = 0, priority = 0): StubService {
  return { labels: path.split('/'), host, port, priority };
}

const register = (...services: StubService[]): void => stubs.register(labels('skydns.local'), services);

/** Every zone with its servers, those that are not ended. */
const followed = (): string[] =>
  stubs.all.map(({ labels, group }) => {
    expect(group.isOpen).toBe(true);
    expect(group.name).toBe(`stub ${labelsToText(labels)}`);
    return `${labelsToText(labels)} ${group.servers.map(({ host, port }) => `${host}:${port}`).join(' ')}`;
  });

describe('a name', () => {
  beforeEach(() => {
    stubs.configure([
      given('example.com', '192.0.2.1'),
      given('deep.er.example.com', '192.0.2.2'),
      given('org', '192.0.2.3'),
    ]);
  });

  const zoneOf = (text: string, ownDepth?: number): string | undefined => {
    const zone = stubs.of(labels(text), ownDepth);
    return zone === undefined ? undefined : nameToText(zone.name);
  };

  test.each<[text: string, zone: string | undefined]>([
    ['example.com', 'example.com.'],
    ['www.example.com', 'example.com.'],
    ['er.example.com', 'example.com.'],
    ['deep.er.example.com', 'deep.er.example.com.'],
    ['a.b.c.deep.er.example.com', 'deep.er.example.com.'],
    ['example.org', 'org.'],
    ['org', 'org.'],
    ['com', undefined],
    ['anexample.com', undefined],
    ['example.com.net', undefined],
    ['.', undefined],
  ])('%s is in %s', (text, zone) => {
    expect(zoneOf(text)).toBe(zone);
  });

  it('in a zone of our own is in a stub zone only where that is longer', () => {
    expect(zoneOf('a.deep.er.example.com', labels('er.example.com').length)).toBe('deep.er.example.com.');
    expect(zoneOf('a.deep.er.example.com', labels('deep.er.example.com').length)).toBeUndefined();
    expect(zoneOf('www.example.com', labels('com').length)).toBe('example.com.');
    expect(zoneOf('www.example.com', labels('example.com').length)).toBeUndefined();
    expect(zoneOf('www.example.com', 0)).toBe('example.com.');
  });

  it('is in the longest zone that it lies in', () => {
    const label = fc.constantFrom('a', 'b', 'a b', '1 a');
    const path = fc.array(label, { minLength: 1, maxLength: 4 });
    holds(
      fc.property(
        fc.array(path, { maxLength: 6 }),
        path,
        fc.integer({ min: -1, max: 3 }),
        (zones, name, own) => {
          stubs.configure(
            zones.map((zone) => ({ labels: zone, servers: [{ host: '192.0.2.1', port: 53 }] })),
          );
          const around = zones.filter(
            (zone) => zone.length > own && zone.every((label, i) => name[i] === label),
          );
          const longest = around.toSorted((a, b) => b.length - a.length)[0];
          expect(stubs.of(name, own)?.labels).toEqual(longest);
        },
      ),
    );
  });
});

describe('registered services', () => {
  it('are servers of the zone that their key says, at their port or 53', () => {
    register(
      service('com/example/ns1', '172.16.1.1', 54),
      service('com/example/ns2', '2001:db8::1'),
      service('org/ns1', '172.16.1.1'),
    );
    expect(followed()).toEqual(['example.com. 172.16.1.1:54 2001:db8::1:53', 'org. 172.16.1.1:53']);
    expect(changed).toEqual(['example.com.', 'org.']);
    expect(known).toEqual([2, 2]);
  });

  it('are servers in order of priority, each once', () => {
    register(
      service('com/example/b', '192.0.2.2', 53, 10),
      service('com/example/a', '192.0.2.1', 53, 20),
      service('com/example/c', '192.0.2.2', 0, 30),
    );
    expect(followed()).toEqual(['example.com. 192.0.2.2:53 192.0.2.1:53']);
  });

  it('take effect when they change, and only then', () => {
    register(service('com/example/ns1', '192.0.2.1'));
    changed = [];
    register(service('com/example/ns1', '192.0.2.1'));
    expect(changed).toEqual([]);
    register(service('com/example/ns1', '192.0.2.9'));
    expect(followed()).toEqual(['example.com. 192.0.2.9:53']);
    register(service('com/example/ns1', '192.0.2.9'), service('com/example/ns2', '192.0.2.1'));
    expect(followed()).toEqual(['example.com. 192.0.2.9:53 192.0.2.1:53']);
    expect(opened).toHaveLength(1);
    expect(changed).toEqual(['example.com.', 'example.com.']);
  });

  it('end with their keys', () => {
    register(service('com/example/ns1', '192.0.2.1'));
    register();
    expect(followed()).toEqual([]);
    expect(opened.map(({ isOpen }) => isOpen)).toEqual([false]);
    expect(stubs.of(labels('www.example.com'))).toBeUndefined();
    expect(changed).toEqual(['example.com.', 'example.com.']);
    expect(known).toEqual([1, 0]);
    register(service('com/example/ns1', '192.0.2.1'));
    expect(followed()).toEqual(['example.com. 192.0.2.1:53']);
  });

  it('of several zones of ours count together', () => {
    register(service('com/example/ns1', '192.0.2.1'));
    stubs.register(labels('east.example.com'), [service('com/example/ns2', '192.0.2.2')]);
    expect(followed()).toEqual(['example.com. 192.0.2.1:53 192.0.2.2:53']);
    register();
    expect(followed()).toEqual(['example.com. 192.0.2.2:53']);
  });

  it('of no use are left out alone and told once, until they change', () => {
    const good = service('com/example/ns2', '192.0.2.2');
    register(service('com/example/ns1', 'ns.example.net'), good, service('ns1', '192.0.2.1'));
    expect(followed()).toEqual(['example.com. 192.0.2.2:53']);
    register(service('com/example/ns1', 'ns.example.net'), good, service('ns1', '192.0.2.1'));
    expect(warned).toEqual([
      { service: 'stub/com/example/ns1', problem: 'host: "ns.example.net" is not an IP address' },
      {
        service: 'stub/ns1',
        problem: 'its key names no zone: stub/com/example/ns1 is a server of example.com',
      },
    ]);
    register(service('com/example/ns1', ''), good);
    expect(warned).toHaveLength(3);
    register(good, service('com/example/ns1', 'ns.example.net'));
    expect(warned).toHaveLength(4);
  });

  it('are no servers of our own zones', () => {
    register(service('local/skydns/ns1', '192.0.2.1'), service('local/skydns/far/ns1', '192.0.2.1'));
    expect(followed()).toEqual(['far.skydns.local. 192.0.2.1:53']);
    expect(warned).toEqual([{ service: 'stub/local/skydns/ns1', problem: 'the zone is answered here' }]);
  });
});

describe('zones that the operator gives', () => {
  it('go before those that are registered, which take their place when they go', () => {
    register(service('com/example/ns1', '192.0.2.1'));
    stubs.configure([given('example.com', '192.0.2.5', '192.0.2.6')]);
    expect(followed()).toEqual(['example.com. 192.0.2.5:53 192.0.2.6:53']);
    stubs.configure([]);
    expect(followed()).toEqual(['example.com. 192.0.2.1:53']);
    expect(opened).toHaveLength(1);
  });

  it('end when all end', () => {
    stubs.configure([given('example.com', '192.0.2.5')]);
    stubs.close();
    expect(opened.map(({ isOpen }) => isOpen)).toEqual([false]);
    expect(stubs.of(labels('example.com'))).toBeUndefined();
  });
});
