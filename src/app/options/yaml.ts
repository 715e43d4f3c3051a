// YAML files read with the line of every value, so that a mistake can be found again.
import { readFileSync } from 'node:fs';
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Pair,
  parseDocument,
  visit,
} from 'yaml';
import { FingerpostError, messageOf } from '../../base/errors.ts';
import type { Path } from './given.ts';

export interface YamlEntry {
  readonly key: string;
  readonly value: unknown;
  /** The line of a place inside the value; of the key where the place is not in the file. */
  readonly lineOf: (path: Path) => number;
  readonly keyLine: number;
}

export interface YamlFile {
  readonly path: string;
  /** The top-level keys, in order; empty for an empty file. */
  readonly entries: readonly YamlEntry[];
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** The offset of the node that a path leads to, or of the last one on the way. */
function offsetAt(node: unknown, path: Path): number | undefined {
  const [first, ...rest] = path;
  if (first === undefined || !isCollection(node) || isAlias(node)) return offsetOf(node);
  const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === first) : undefined;
  const inner = isMap(node) ? pair?.value : node.get(first, true);
  return (inner === undefined ? undefined : offsetAt(inner, rest)) ?? offsetOf(node);
}

function bad(path: string, line: number, message: string): FingerpostError {
  return new FingerpostError('config', `${path}:${line}: ${message}`);
}

/** What the parser says less its drawing, with a hint at the mistake that addresses invite. */
function syntaxMessage(message: string, source: string): string {
  const said = message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? '';
  return /\[[0-9a-f]*:/i.test(source)
    ? `${said}; an address such as "[::1]:5300" needs quotes in YAML`
    : said;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new FingerpostError('config', `${path}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** A parsed file, with what turns an offset into a line. */
interface Source {
  readonly path: string;
  readonly document: Document.Parsed;
  readonly lineAt: (offset: number | undefined) => number;
}

/** Throws what `mistake` makes of the first key that stands twice in one map. */
function refuseRepeatedKeys(document: Document.Parsed, mistake: (key: unknown) => Error): void {
  visit(document, {
    Map(_, map) {
      const known = new Set<unknown>();
      for (const { key } of map.items) {
        const name = isScalar(key) ? key.value : key;
        if (known.has(name)) throw mistake(key);
        known.add(name);
      }
    },
  });
}

function parse(path: string): Source {
  const text = readText(path);
  const lines = new LineCounter();
  const lineAt = (offset: number | undefined) => lines.linePos(offset ?? 0).line;
  // The parser compares every key with every other; a file of services has tens of thousands.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false });
  const error = document.errors[0];
  if (error === undefined) {
    refuseRepeatedKeys(document, (key) =>
      bad(path, lineAt(offsetOf(key)), 'not YAML: Map keys must be unique'),
    );
    return { path, document, lineAt };
  }
  const line = lineAt(error.pos[0]);
  throw bad(path, line, `not YAML: ${syntaxMessage(error.message, text.split('\n')[line - 1] ?? '')}`);
}

/** A node as plain data; throws for an alias without its anchor, and for aliases that would grow without bound. */
function plain({ path, document, lineAt }: Source, node: unknown): unknown {
  if (!isNode(node)) return node;
  try {
    return node.toJS(document);
  } catch (cause) {
    throw bad(path, lineAt(offsetOf(node)), `not YAML: ${messageOf(cause)}`);
  }
}

function entryOf(source: Source, { key, value }: Pair): YamlEntry {
  const keyLine = source.lineAt(offsetOf(key));
  const lineOf = (at: Path) => {
    const offset = offsetAt(value, at);
    return offset === undefined ? keyLine : source.lineAt(offset);
  };
  return { key: String(isScalar(key) ? key.value : key), value: plain(source, value), lineOf, keyLine };
}

/** Reads a file whose top level is a map; throws FingerpostError('config') with file and line. */
export function readYaml(path: string): YamlFile {
  const source = parse(path);
  const top = source.document.contents;
  if (top === null || (isScalar(top) && top.value === null)) return { path, entries: [] };
  if (!isMap(top)) {
    throw bad(path, source.lineAt(offsetOf(top)), 'the file is not a map of keys and values');
  }
  return { path, entries: top.items.map((pair) => entryOf(source, pair)) };
}
