// Names as validated lower-case bytes in wire form, and the text and reversed-label forms of them (RFC 1035 3.1, RFC 4343).
import { at, latin1, lower, sameBytes } from './bytes.ts';

declare const validated: unique symbol;
/** A whole name in wire form: lower-case, uncompressed, ending in the root label; 1..255 bytes. */
export type Name = Uint8Array & { readonly [validated]: true };

/** Labels from the root down, one character a byte, lower-case: `local, skydns, rails`. Sorts as registry keys do. */
export type ReversedLabels = readonly string[];

/** Why a text or a list of labels is no name. */
export type NameProblem = 'empty label' | 'label over 63 bytes' | 'name over 255 bytes' | 'bad escape';

export const MAX_LABEL = 63;
export const MAX_NAME = 255;
export const ROOT = Uint8Array.of(0) as Name;

export function isName(value: Name | NameProblem): value is Name {
  return typeof value !== 'string';
}

/** Builds a name from labels in reading order, one character a byte, root last and not named. */
function fromLabels(labels: readonly string[]): Name | NameProblem {
  const problem = problemOf(labels);
  if (problem !== undefined) return problem;
  let length = 1;
  for (const label of labels) length += label.length + 1;
  const name = new Uint8Array(length);
  let end = 0;
  for (const label of labels) {
    name[end++] = label.length;
    for (let i = 0; i < label.length; i++) name[end++] = lower(label.charCodeAt(i));
  }
  return name as Name;
}

/** Splits presentation form at its unescaped dots; undefined on a bad escape (RFC 1035 5.1: \X and \DDD). */
function splitText(text: string): string[] | undefined {
  const bytes = isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
  if (!bytes.includes('\\')) return bytes.split('.');
  const labels: string[] = [];
  let label = '';
  for (let i = 0; i < bytes.length; i++) {
    const char = bytes.charAt(i);
    if (char === '.') {
      labels.push(label);
      label = '';
    } else if (char !== '\\') {
      label += char;
    } else {
      // A digit begins three of them; anything else stands for itself.
      const escapee = /^\d{3}|^\D/.exec(bytes.slice(i + 1, i + 4))?.[0];
      const code = escapee?.length === 3 ? Number(escapee) : escapee?.charCodeAt(0);
      if (escapee === undefined || code === undefined || code > 255) return undefined;
      label += String.fromCharCode(code);
      i += escapee.length;
    }
  }
  labels.push(label);
  return labels;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** Reads `a.b`, `a.b.` or `.`; bytes above ASCII stand for their UTF-8. */
export function nameFromText(text: string): Name | NameProblem {
  if (text === '.') return ROOT;
  const labels = splitText(text);
  if (labels === undefined) return 'bad escape';
  const last = labels.at(-1);
  if (last === '' && labels.length > 1) labels.pop();
  return fromLabels(labels);
}

/** What keeps labels from making a name; undefined where nothing does. One character is one byte. */
export function problemOf(labels: ReversedLabels): NameProblem | undefined {
  let length = 1;
  for (const label of labels) {
    if (label.length === 0) return 'empty label';
    if (label.length > MAX_LABEL) return 'label over 63 bytes';
    length += label.length + 1;
  }
  return length > MAX_NAME ? 'name over 255 bytes' : undefined;
}

/** A name from labels, root first. */
export function nameFromReversed(labels: ReversedLabels): Name | NameProblem {
  return fromLabels(labels.toReversed());
}

/** The labels of a name, root first. */
export function reversedLabels(name: Name): string[] {
  const text = latin1(name, 0, name.length);
  const labels: string[] = [];
  for (let i = 0; at(name, i) !== 0; i += at(name, i) + 1)
    labels.push(text.slice(i + 1, i + 1 + at(name, i)));
  return labels.reverse();
}

function escaped(label: string): string {
  return label.replace(/[^!-~]|[.\\"();@$]/g, (c) => {
    const code = c.charCodeAt(0);
    return code > 0x20 && code < 0x7f ? `\\${c}` : `\\${String(code).padStart(3, '0')}`;
  });
}

/** Presentation form with the final dot, special bytes escaped (RFC 1035 5.1). */
export function nameToText(name: Name): string {
  return labelsToText(reversedLabels(name));
}

/** Presentation form of reversed labels, with the final dot. */
export function labelsToText(labels: ReversedLabels): string {
  if (labels.length === 0) return '.';
  return `${[...labels].reverse().map(escaped).join('.')}.`;
}

/** Whether the name in `bytes` from `start` up to `end` is `zone` or lies below it. Both in wire form, lower-case. */
export function isBelow(bytes: Uint8Array, start: number, end: number, zone: Uint8Array): boolean {
  const from = end - zone.length;
  if (from < start) return false;
  for (let i = zone.length - 1; i >= 0; i--) if (at(bytes, from + i) !== at(zone, i)) return false;
  let label = start;
  while (label < from) label += at(bytes, label) + 1;
  return label === from;
}

export function sameName(a: Name, b: Name): boolean {
  return sameBytes(a, b);
}
