// The fault matrix: one row a fault, as a table for people.
import type { Tally } from './checker.ts';

export interface Row extends Omit<Tally, 'staleness'> {
  readonly what: string;
  /** How long the fault lasted, in milliseconds. */
  readonly lasted: number;
  /** From its end until an answer told of a write that was made after it, in milliseconds. */
  readonly healedAfter: number;
  /** The longest staleness of an answer from then on, in milliseconds. */
  readonly staleness: number;
  /** The server's process still runs. */
  readonly alive: boolean;
}

const COLUMNS: readonly (readonly [head: string, cell: (row: Row) => string | number])[] = [
  ['fault', ({ what }) => what],
  ['lasted s', ({ lasted }) => (lasted / 1000).toFixed(1)],
  ['asked', ({ asked }) => asked],
  ['wrong', ({ wrong }) => wrong.length],
  ['SERVFAIL', ({ failed }) => failed],
  ['unanswered', ({ unanswered }) => unanswered],
  ['asked again', ({ again }) => again],
  ['healed after ms', ({ healedAfter }) => Math.round(healedAfter)],
  ['stale then ms', ({ staleness }) => Math.round(staleness)],
];

/** Lines of a table with aligned columns. */
export function table(rows: readonly Row[]): string {
  const cells = [
    COLUMNS.map(([head]) => head),
    ...rows.map((row) => COLUMNS.map(([, cell]) => `${cell(row)}`)),
  ];
  const widths = COLUMNS.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  '),
    )
    .join('\n');
}
