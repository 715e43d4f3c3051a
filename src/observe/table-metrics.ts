// How full the table of answers is, as metrics.
import { type Family, single } from './family.ts';

/** The table, as metrics see it. */
export interface TableState {
  /** Answers in it. */
  readonly count: number;
  /** Bytes that they take. */
  readonly bytes: number;
  /** The most bytes that there may be. */
  readonly capacity: number;
}

export function tableFamilies(table: () => TableState | undefined): Family[] {
  return [
    single('gauge', 'fingerpost_table_answers', 'Answers in the answer table.', () => table()?.count ?? 0),
    single('gauge', 'fingerpost_table_bytes', 'Bytes that they take.', () => table()?.bytes ?? 0),
    single(
      'gauge',
      'fingerpost_table_capacity_bytes',
      'Bytes that the answer table has for answers.',
      () => table()?.capacity ?? 0,
    ),
  ];
}
