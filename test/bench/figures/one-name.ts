// One name, asked for its address again and again, without EDNS: what a query costs at the least.
import { addressData, prepare } from '../course.ts';
import type { Figure } from '../figure.ts';
import { againstKnot } from '../harness/against-knot.ts';

/** Of Knot's rate: what issue 3 promises. */
const GOAL = 1;

export const oneName: Figure = {
  name: 'one-name',
  title: 'One name, A, no EDNS: answers a CPU-second',
  async measure(bed, pace) {
    return againstKnot(bed, await prepare(bed, '1 name', addressData(1, false)), pace, GOAL);
  },
};
