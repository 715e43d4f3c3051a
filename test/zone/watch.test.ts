// What is told of changes below a name: everything that changed it, nothing else, and once for what comes together.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Watch } from '../../src/zone/watch.ts';
import { SEED } from '../support/property.ts';
import { entry, Fixture } from '../support/zone-fixture.ts';

const STUB = ['org', 'example', 'dns', 'stub'];
const key = (path: string): string => `/skydns/org/example/dns/stub/${path}`;
const A1 = { host: '10.0.0.1' };

class Scene {
  readonly told: string[][] = [];
  readonly fixture = new Fixture(['example.org'], (dependent) => {
    if (dependent instanceof Watch) dependent.dropped();
  });

  constructor() {
    new Watch(this.fixture.contents.tree, STUB, (services) => {
      this.told.push(services.map(({ labels, stored }) => `${labels.join('/')} ${stored.host}`).sort());
    });
  }

  /** What was told since, the last time last. */
  async news(): Promise<string[][]> {
    await Promise.resolve();
    return this.told.splice(0);
  }
}

describe('a watch', () => {
  it('tells all services below the name when they come, change and go', async () => {
    const scene = new Scene();
    expect(await scene.news()).toEqual([]);
    scene.fixture.load({ [key('com/example/ns1')]: A1, '/skydns/org/example/web': A1 });
    expect(await scene.news()).toEqual([['com/example/ns1 10.0.0.1']]);
    scene.fixture.apply({ [key('com/example/ns2')]: { host: '10.0.0.2' } });
    expect(await scene.news()).toEqual([['com/example/ns1 10.0.0.1', 'com/example/ns2 10.0.0.2']]);
    scene.fixture.apply({ [key('com/example/ns1')]: { host: '10.0.0.9' } });
    expect(await scene.news()).toEqual([['com/example/ns1 10.0.0.9', 'com/example/ns2 10.0.0.2']]);
    scene.fixture.apply({ [key('com/example/ns1')]: undefined });
    expect(await scene.news()).toEqual([['com/example/ns2 10.0.0.2']]);
    scene.fixture.apply({ [key('com/example/ns2')]: undefined });
    expect(await scene.news()).toEqual([[]]);
    scene.fixture.apply({ [key('org/ns1')]: A1 });
    expect(await scene.news()).toEqual([['org/ns1 10.0.0.1']]);
  });

  it('tells what is at the name itself', async () => {
    const scene = new Scene();
    scene.fixture.load({ '/skydns/org/example/dns/stub': A1 });
    expect(await scene.news()).toEqual([[' 10.0.0.1']]);
  });

  it('tells nothing of other names', async () => {
    const scene = new Scene();
    scene.fixture.load({ '/skydns/org/example/web': A1, '/skydns/org/example/dns/ns': A1 });
    scene.fixture.apply({ '/skydns/org/example/dns/stubs': A1, '/skydns/org/example/dns': A1 });
    expect(await scene.news()).toEqual([]);
    scene.fixture.apply({ [key('com/ns1')]: A1 });
    await scene.news();
    scene.fixture.apply({ '/skydns/org/example/web': undefined, '/skydns/org/example/dns/ns': undefined });
    expect(await scene.news()).toEqual([]);
  });

  it('tells once what changes together', async () => {
    const scene = new Scene();
    scene.fixture.load(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [key(`com/ns${i}`), A1])));
    const news = await scene.news();
    expect(news.map((services) => services.length)).toEqual([50]);
  });

  it('follows a new list', async () => {
    const scene = new Scene();
    scene.fixture.load({ [key('com/ns1')]: A1, [key('com/ns2')]: A1 });
    await scene.news();
    scene.fixture.list([entry(key('com/ns2'), A1)]);
    expect(await scene.news()).toEqual([['com/ns2 10.0.0.1']]);
    scene.fixture.list([]);
    expect(await scene.news()).toEqual([[]]);
  });

  it('always knows what is there in the end', async () => {
    const path = fc.constantFrom('ns', 'com/ns1', 'com/ns2', 'com/a/ns1', '../web', '../ns/1', '..');
    const change = fc.tuple(path, fc.option(fc.constantFrom('10.0.0.1', '10.0.0.2', 'bad host')));
    const steps = fc.array(fc.array(change, { minLength: 1, maxLength: 4 }), { maxLength: 8 });
    const check = async (batches: [string, string | null][][]): Promise<void> => {
      const scene = new Scene();
      scene.fixture.load({});
      let known: string[] = [];
      for (const batch of batches) {
        const changes: Record<string, object | undefined> = {};
        for (const [path, host] of batch) {
          const full = `/skydns/org/example/dns${path.startsWith('..') ? path.slice(2) : `/stub/${path}`}`;
          changes[full] = host === null ? undefined : { host };
        }
        scene.fixture.apply(changes);
        known = (await scene.news()).at(-1) ?? known;
        expect(known).toEqual(services(scene));
      }
    };
    await fc.assert(fc.asyncProperty(steps, check), { seed: SEED, numRuns: 200 });
  });
});

/** What a second look from outside finds below the name. */
function services(scene: Scene): string[] {
  const found: string[] = [];
  const visit = (labels: string[]): void => {
    const node = scene.fixture.contents.tree.exact([...STUB, ...labels]);
    for (const stored of node?.services() ?? []) found.push(`${labels.join('/')} ${stored.host}`);
    for (const child of node?.children() ?? []) visit([...labels, child.label]);
  };
  visit([]);
  return found.sort();
}
