// All that the sentences of an explanation are made from.
import { quoted } from '../../service/problem.ts';
import { labelsToText, type Name, nameToText, type ReversedLabels } from '../../wire/name.ts';
import type { Bad } from '../../zone/bad-records.ts';
import type { Contents } from '../../zone/contents.ts';
import type { AnswerSource, ShownAnswer, ShownReason } from './explanation.ts';
import type { Notes } from './notes.ts';

export interface Seen {
  readonly name: Name;
  readonly labels: ReversedLabels;
  readonly type: number;
  readonly client: string;
  readonly answer: ShownAnswer;
  readonly source: AnswerSource;
  readonly notes: Notes;
  /** Records that cannot be used, at the names that were looked at or below. */
  readonly bad: readonly Bad[];
  readonly contents: Contents;
}

export function because(code: string, text: string): ShownReason {
  return { code, text };
}

/** `1 service`, `3 services`. */
export function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** The first few of a list, and how many more there are. */
export function few(all: readonly string[], most = 5): string {
  const more = all.length - most;
  return all.slice(0, most).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** A key as it is, where that can be shown; else as JSON. */
export function shownKey(key: string): string {
  return /^[!-~]+$/.test(key) ? key : quoted(key);
}

/** Without the final dot, since sentences end in one; the root is `.`. */
export function plain(name: Name): string {
  return withoutDot(nameToText(name));
}

export function plainLabels(labels: ReversedLabels): string {
  return withoutDot(labelsToText(labels));
}

function withoutDot(name: string): string {
  return name === '.' ? name : name.slice(0, -1);
}
