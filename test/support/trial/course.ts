// What is written in a trial, and what is asked: small services whose every value tells which write it is from.
import type { Dice } from '../hostile.ts';
import { TYPE } from '../raw.ts';

const ZONE = 'skydns.local';
const BASE = '/skydns/local/skydns';
/** Written in every transaction: it proves where the others must be. */
export const COUNTER = `${BASE}/counter`;
const SINGLES = 8;

/** Keys and their new values; undefined: the key goes. */
export type Puts = ReadonlyMap<string, string | undefined>;

export interface Step {
  readonly puts: Puts;
  /** How questions are answered from then on, in the words of `answerIn`. */
  readonly answers: ReadonlyMap<string, string>;
}

/** What is asked: `id` is what the journal calls it. */
export interface Question {
  readonly id: string;
  readonly type: number;
  /** Its name, which may differ each time where a wildcard answers. */
  readonly name: () => string;
}

const address = (first: number, n: number): string =>
  `${first}.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
export const counterValue = (n: number): string => JSON.stringify({ text: `${n}` });

class Draft implements Step {
  readonly puts = new Map<string, string | undefined>();
  readonly answers = new Map<string, string>();

  put(path: string, value: object | undefined): void {
    this.puts.set(`${BASE}/${path}`, value && JSON.stringify(value));
  }

  counter(n: number): void {
    this.puts.set(COUNTER, counterValue(n));
    this.answers.set('counter TXT', `${n}`);
  }

  single(i: number, n: number | undefined): void {
    const host = n === undefined ? undefined : address(10, n);
    this.put(`a${i}`, host === undefined ? undefined : { host });
    this.answers.set(`a${i} A`, host ?? 'NXDOMAIN');
    this.answers.set(`a${i} TXT`, host === undefined ? 'NXDOMAIN' : 'NODATA');
    // A CNAME that leads nowhere is left out.
    if (i === 0) this.answers.set('alias A', host ?? 'NODATA');
  }

  /** Two names in one transaction, seen together by whoever asks for what is above them. */
  pair(n: number): void {
    const hosts = [address(10, n), address(11, n)] as const;
    this.put('pair/left', { host: hosts[0], text: `left ${n}` });
    this.put('pair/right', { host: hosts[1], text: `right ${n}` });
    this.answers.set('pair A', hosts.join(' + '));
    this.answers.set('pair TXT', `left ${n} + right ${n}`);
  }

  wild(n: number): void {
    this.put('wild/*', { text: `wild ${n}` });
    this.answers.set('wild TXT', `wild ${n}`);
  }
}

/** The first write: all there is. */
export function firstStep(): Step {
  const draft = new Draft();
  draft.counter(1);
  draft.put('alias', { host: `a0.${ZONE}` });
  for (let i = 0; i < SINGLES; i++) draft.single(i, 1);
  draft.pair(1);
  draft.wild(1);
  return draft;
}

/** Write `n`. */
export function nextStep(n: number, dice: Dice): Step {
  const draft = new Draft();
  draft.counter(n);
  const kind = dice.roll(6);
  if (kind === 0) draft.wild(n);
  else if (kind <= 2) draft.pair(n);
  else draft.single(dice.roll(SINGLES), dice.roll(4) === 0 ? undefined : n);
  return draft;
}

function asked(label: string, type: keyof typeof TYPE, name = () => label): Question {
  return { id: `${label} ${type}`, type: TYPE[type], name: () => `${name()}.${ZONE}` };
}

/** All questions, those that tell most more than once. */
export function questions(dice: Dice): readonly Question[] {
  const singles = Array.from({ length: SINGLES }, (_, i) => `a${i}`);
  return [
    ...Array.from({ length: 4 }, () => asked('counter', 'TXT')),
    ...singles.flatMap((label) => [asked(label, 'A'), asked(label, 'A'), asked(label, 'TXT')]),
    ...Array.from({ length: 3 }, () => [
      asked('pair', 'A'),
      asked('pair', 'TXT'),
      asked('alias', 'A'),
    ]).flat(),
    ...Array.from({ length: 3 }, () => asked('wild', 'TXT', () => `r${dice.roll(1_000_000)}.wild`)),
  ];
}
