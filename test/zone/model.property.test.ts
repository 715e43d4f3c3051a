// Random zones answered twice: by the tree, and by a plain model made from the sentences of the design.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nameToText } from '../../src/wire/name.ts';
import type { Outcome } from '../../src/zone/resolve.ts';
import type { RRset } from '../../src/zone/rrsets.ts';
import { holds } from '../support/property.ts';
import { entry, Fixture } from '../support/zone-fixture.ts';
import { linesOfOutcome, linesOfSets } from '../support/zone-text.ts';
import { Model, type ModelAnswer, type ModelRecord } from './model.ts';
import { isBad, key, leaseTtl, questions, value, zones } from './random.ts';

const CNAME = 5;

const line = ({ owner, ttl, type, rdata }: ModelRecord): string => `${owner} ${ttl} ${type} ${rdata}`;

function linesOfModel(answer: ModelAnswer): string[] {
  if (answer.kind !== 'ANSWER') return [answer.kind];
  return [...answer.answers.map(line), ...answer.additional.map((record) => `+ ${line(record)}`)].sort();
}

/** An outcome without the CNAMEs of owners that were not asked for: which one is shown is a choice. */
function comparable(outcome: Outcome, asked: string): string[] {
  if (outcome.kind !== 'answer') return linesOfOutcome(outcome);
  const answers = outcome.answers.filter((set) => set.type !== CNAME || nameToText(set.owner) === asked);
  const additional = outcome.additional.filter((set) => set.type !== CNAME);
  return [...linesOfSets(answers), ...linesOfSets(additional).map((text) => `+ ${text}`)].sort();
}

/** The CNAMEs that were left out above: each true, one an owner, leading on to an end. */
function checkChoices(model: Model, sets: readonly RRset[], asked: string, type: string): void {
  const cnames = new Map<string, string>();
  for (const set of sets) {
    if (set.type !== CNAME || nameToText(set.owner) === asked) continue;
    const owner = nameToText(set.owner);
    expect([owner, set.rdatas.length]).toEqual([owner, 1]);
    const [text = ''] = linesOfSets([set]);
    const target = text.split(' ')[3] ?? '';
    const path = owner.split('.').slice(0, -1).reverse();
    const aliases = model
      .aliases(path, type)
      .filter(({ to }) => `${[...to].reverse().join('.')}.` === target);
    expect([text, Math.min(...aliases.map(({ ttl }) => ttl))]).toEqual([text, set.ttl]);
    expect([owner, model.own(path, type)]).toEqual([owner, []]);
    cnames.set(owner, target);
  }
  const first = sets.find((set) => set.type === CNAME && nameToText(set.owner) === asked);
  const shown = new Set<string>();
  for (const text of linesOfSets(first === undefined ? [] : [first])) {
    let at = text.split(' ')[3] ?? '';
    let length = 1;
    for (; cnames.has(at); length++) {
      shown.add(at);
      at = cnames.get(at) ?? '';
    }
    expect([text, length <= 11]).toEqual([text, true]);
    const end = at.split('.').slice(0, -1).reverse();
    expect([text, at, model.zoneOf(end) === undefined || model.own(end, type).length > 0]).toEqual([
      text,
      at,
      true,
    ]);
  }
  expect([...cnames.keys()].sort()).toEqual([...shown].sort());
}

const registry = fc.uniqueArray(fc.record({ key, value, leaseTtl }), {
  maxLength: 14,
  selector: (item) => item.key,
});

it('the tree answers every question as the model does', () => {
  holds(
    fc.property(zones, registry, (zoneOptions, keys) => {
      const fixture = new Fixture(zoneOptions).list(keys.map((k) => entry(k.key, k.value, 1, k.leaseTtl)));
      const model = new Model(zoneOptions, keys, isBad);
      expect([...fixture.contents.bad.keys()].sort()).toEqual(
        keys
          .filter((k) => isBad(k.value))
          .map((k) => k.key)
          .sort(),
      );
      for (const question of questions) {
        const [name = '', type = ''] = question.split(' ');
        const outcome = fixture.outcome(question);
        const lines = [question, ...comparable(outcome, `${name}.`)];
        const modelled = [question, ...linesOfModel(model.ask(name, type))];
        if (lines.join('\n') !== modelled.join('\n')) expect(lines).toEqual(modelled);
        if (outcome.kind === 'answer' && ['A', 'AAAA', 'TXT'].includes(type))
          checkChoices(model, outcome.answers, `${name}.`, type);
      }
    }),
    100,
  );
}, 600_000);
