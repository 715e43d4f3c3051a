// A part of the fault matrix as tests: one trial for the file, each test a row of the table that is printed at its end.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Row, table } from './rows.ts';
import { type Fault, Trial, type TrialOptions } from './trial.ts';

/** Far beyond what any fault takes, however busy the machine is: faults are not timed. */
const LIMIT_MS = 300_000;
/** How old knowledge may be once the newest was known again. On a quiet machine it is hundredths of a second. */
const FRESH_MS = 30_000;

/** Every answer is right, nobody stays without one, and the newest was known again. */
export function judge(row: Row): void {
  expect(row.wrong, row.what).toEqual([]);
  expect(row).toMatchObject({ unanswered: 0, alive: true });
  expect(row.staleness, row.what).toBeLessThan(FRESH_MS);
  expect(row.asked, row.what).toBeGreaterThan(0);
}

export class Matrix {
  readonly #rows: Row[] = [];
  #trial: Trial | undefined;

  /** For the tests of the file that calls it; `options` are asked for when they begin. */
  constructor(options: () => TrialOptions | Promise<TrialOptions> = () => ({})) {
    beforeAll(async () => {
      this.#trial = await Trial.start(await options());
    }, LIMIT_MS);
    afterAll(async () => {
      process.stdout.write(`\n${table(this.#rows)}\n`);
      await this.#trial?.close();
    }, LIMIT_MS);
  }

  get trial(): Trial {
    if (this.#trial === undefined) throw new Error('no test runs');
    return this.#trial;
  }

  /** A test of one fault. */
  fault(what: string, make: (trial: Trial) => ReturnType<Fault>): void {
    it(what, { timeout: LIMIT_MS }, async () => {
      const row = await this.trial.fault(what, () => make(this.trial));
      this.#rows.push(row);
      judge(row);
    });
  }
}
