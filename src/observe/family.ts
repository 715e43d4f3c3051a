// Metrics in the text format of Prometheus: families, each a name with help and type and its lines.
//
// https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4.

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** Its lines, several at a time where they belong together; read while somebody waits for them. */
  readonly lines: () => Iterable<string>;
}

/** Pairs of name and value. */
export type Labels = readonly (readonly [name: string, value: string])[];

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

/** `{a="b",c="d"}`; nothing where there are none. */
export function labelText(labels: Labels): string {
  if (labels.length === 0) return '';
  const pairs = labels.map(
    ([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (c) => ESCAPES[c] ?? c)}"`,
  );
  return `{${pairs.join(',')}}`;
}

export function line(name: string, labels: Labels, value: number): string {
  return `${name}${labelText(labels)} ${value}\n`;
}

/** A family of one line. */
export function single(kind: 'counter' | 'gauge', name: string, help: string, value: () => number): Family {
  return { name, help, kind, lines: () => [line(name, [], value())] };
}

/** The lines of one histogram, from the counts of its buckets, the last of which has no upper bound. */
export function histogramLines(
  name: string,
  labels: Labels,
  bounds: readonly number[],
  counts: ArrayLike<number>,
  sum: number,
): string {
  const inner = labelText(labels).slice(1, -1);
  const start = `${name}_bucket{${inner}${inner === '' ? '' : ','}le="`;
  let text = '';
  let total = 0;
  for (let bucket = 0; bucket <= bounds.length; bucket++) {
    total += counts[bucket] as number;
    text += `${start}${bounds[bucket] ?? '+Inf'}"} ${total}\n`;
  }
  return `${text}${line(`${name}_sum`, labels, sum)}${line(`${name}_count`, labels, total)}`;
}

/** What is written at a stretch, in milliseconds: DNS questions come between. */
const STRETCH_MS = 2;
/** Characters of a chunk, about. */
const CHUNK = 32 * 1024;

/** The text of all families, in pieces. Between them others have their turn. */
export async function* textOf(families: readonly Family[]): AsyncGenerator<string> {
  let chunk = '';
  let end = performance.now() + STRETCH_MS;
  for (const { name, help, kind, lines } of families) {
    chunk += `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`;
    for (const text of lines()) {
      chunk += text;
      if (chunk.length < CHUNK && performance.now() < end) continue;
      yield chunk;
      chunk = '';
      await new Promise((resolve) => setImmediate(resolve));
      end = performance.now() + STRETCH_MS;
    }
  }
  if (chunk !== '') yield chunk;
}
