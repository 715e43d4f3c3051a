// Between a registry's keys and the names they stand for: `/skydns/local/skydns/rails` is `rails.skydns.local.`
import {
  isName,
  labelsToText,
  nameFromText,
  problemOf,
  type ReversedLabels,
  reversedLabels,
} from '../wire/name.ts';
import { isProblem, type Problem, quoted } from './problem.ts';

/** U+FFFD in UTF-8, one character a byte. */
const REPLACEMENT = '\xef\xbf\xbd';

/** The key of a name as people type it, lower-case; labels that a key cannot hold are a problem. */
export function keyOf(prefix: string, name: string): string | Problem {
  const parsed = nameFromText(name);
  if (!isName(parsed)) return { problem: `${quoted(name)} is not a name: ${parsed}` };
  const labels = reversedLabels(parsed).map((label) => Buffer.from(label, 'latin1').toString('utf8'));
  if (labels.length === 0) return { problem: 'the root is no place for a service' };
  const unfit = labels.find((label) => /[/.]|\p{Cc}|\ufffd/u.test(label));
  if (unfit !== undefined) return { problem: `${quoted(unfit)} cannot be a part of a key` };
  return `${prefix}/${labels.join('/')}`;
}

/** The labels that a key stands for, root first, lower-case; one character a byte. */
export function labelsOf(prefix: string, key: string): ReversedLabels | Problem {
  if (!key.startsWith(`${prefix}/`)) return { problem: `key ${quoted(key)} is not below ${quoted(prefix)}` };
  const path = key.slice(prefix.length + 1);
  if (/[.]|\p{Cc}/u.test(path))
    return { problem: `key ${quoted(key)} has a dot or a control character in a label` };
  // Plain lower-case ASCII, as nearly all keys are, is its own byte form.
  const bytes = /^[!-@[-~]*$/.test(path)
    ? path
    : Buffer.from(path.replace(/[A-Z]/g, lowered), 'utf8').toString('latin1');
  // The mark of bytes that are no UTF-8: keys that differ there would look the same.
  if (bytes.includes(REPLACEMENT)) return { problem: `key ${quoted(key)} is not UTF-8` };
  const labels = bytes.split('/');
  const problem = problemOf(labels);
  return problem === undefined ? labels : { problem: `key ${quoted(key)} is no name: ${problem}` };
}

// Only ASCII folds (RFC 4343): `toLowerCase` would fold other letters too.
function lowered(letter: string): string {
  return letter.toLowerCase();
}

/** The dotted name of a key, for people. */
export function nameOf(prefix: string, key: string): string | Problem {
  const labels = labelsOf(prefix, key);
  return isProblem(labels) ? labels : labelsToText(labels);
}
