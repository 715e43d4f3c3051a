// Random names that do not exist, and nothing else: what a flood of them costs.

import { writeFileSync } from 'node:fs';
import { addressData, type CourseData, prepare } from '../course.ts';
import type { Figure } from '../figure.ts';
import { againstKnot } from '../harness/against-knot.ts';
import { missingName } from '../missing-names.ts';

/** Of Knot's rate: what issue 3 promises. */
const GOAL = 1;
const SERVICES = 10_000;

/** No name is asked before it is measured: each file has names of its own. */
function missingData(): CourseData {
  const data = addressData(SERVICES, false);
  return {
    ...data,
    codes: { NXDOMAIN: 1 },
    questions: (path) => writeFileSync(path, `${data.all[0]?.name} A\n`),
    draw: (next) => `${missingName(next, SERVICES)} A`,
  };
}

export const nxdomain: Figure = {
  name: 'nxdomain',
  title: `Random names that do not exist, beside ${SERVICES.toLocaleString('en-US')} services: answers a CPU-second`,
  async measure(bed, pace) {
    return againstKnot(bed, await prepare(bed, 'missing names', missingData()), pace, GOAL);
  },
};
