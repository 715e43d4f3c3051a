// A zone from keys and JSON, and questions to it: what the table tests of zone and query are written in.
import { expect, it } from 'vitest';
import type { Change, Entry } from '../../src/service/entry.ts';
import { typeFromName } from '../../src/wire/codes.ts';
import { isName, type Name, nameFromText, nameToText } from '../../src/wire/name.ts';
import type { Bad } from '../../src/zone/bad-records.ts';
import { Contents } from '../../src/zone/contents.ts';
import { type Dependent, nameOfNode } from '../../src/zone/node.ts';
import { type Outcome, resolve, type Ttls } from '../../src/zone/resolve.ts';
import { type ZoneOptions, Zones } from '../../src/zone/zones.ts';
import { linesOfOutcome } from './zone-text.ts';

export const PREFIX = '/skydns';
export const TTLS: Ttls = { ttl: 30, negative: 10 };

/** Values by key: JSON given as an object, or the very text that stands in the registry. */
export type Records = Readonly<Record<string, object | string>>;

export function name(text: string): Name {
  const parsed = nameFromText(text);
  if (!isName(parsed)) throw new RangeError(`${text}: ${parsed}`);
  return parsed;
}

export function entry(key: string, value: object | string, revision = 1, leaseTtl = 0): Entry {
  return {
    key,
    value: typeof value === 'string' ? value : JSON.stringify(value),
    revision,
    lease: leaseTtl > 0 ? { id: 'lease', ttl: leaseTtl } : undefined,
    writtenAt: undefined,
  };
}

/** Contents that write down what they say. */
export class Fixture {
  readonly contents: Contents;
  readonly bad: Bad[] = [];
  readonly dropped: Dependent[] = [];
  /** Names that began (`+`) or ceased (`-`) to exist. */
  readonly names: string[] = [];
  revision = 0;

  constructor(zones: readonly (string | ZoneOptions)[] = ['example.org'], drop?: (d: Dependent) => void) {
    const options = zones.map((zone) => (typeof zone === 'string' ? { name: zone } : zone));
    this.contents = new Contents(new Zones(options), PREFIX, {
      drop: drop ?? ((dependent) => this.dropped.push(dependent)),
      bad: (bad) => this.bad.push(bad),
      added: (node) => this.names.push(`+ ${nameToText(nameOfNode(node))}`),
      removed: (node) => this.names.push(`- ${nameToText(nameOfNode(node))}`),
    });
  }

  /** A whole list at the next revision, in pages of two. */
  list(entries: readonly Entry[], revision = ++this.revision): this {
    this.revision = revision;
    this.contents.listing();
    for (let i = 0; i < entries.length; i += 2) this.contents.page(entries.slice(i, i + 2));
    this.contents.listed(revision);
    return this;
  }

  load(records: Records): this {
    return this.list(Object.entries(records).map(([key, value]) => entry(key, value)));
  }

  /** Changes of one revision: undefined deletes. */
  apply(changes: Readonly<Record<string, object | string | undefined>>): this {
    const revision = ++this.revision;
    const batch = Object.entries(changes).map(([key, value]): Change => {
      if (value === undefined) return { kind: 'delete', key, revision };
      return { kind: 'put', entry: entry(key, value, revision) };
    });
    this.contents.apply({ revision, changes: batch });
    return this;
  }

  outcome(question: string): Outcome {
    const [owner = '', type = ''] = question.split(' ');
    return resolve(this.contents, name(owner), typeFromName(type) ?? -1, TTLS);
  }

  /** `web.example.org A` -> its answer as zone text, in the order of the answer. */
  ask(question: string): string[] {
    return linesOfOutcome(this.outcome(question));
  }
}

/** A question and the records that answer it, in any order. */
export type Case = readonly [question: string, ...answer: string[]];

export interface Given {
  readonly zones?: readonly (string | ZoneOptions)[];
  readonly records: Records;
}

/** One test: given these records, each question has this answer and no other. */
export function spec(sentence: string, given: Given, ...cases: readonly Case[]): void {
  it(sentence, () => {
    const fixture = new Fixture(given.zones).load(given.records);
    expect(fixture.bad).toEqual([]);
    for (const [question, ...answer] of cases) {
      expect([question, ...fixture.ask(question).sort()]).toEqual([question, ...answer.sort()]);
    }
  });
}
