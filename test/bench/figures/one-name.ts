// One name, asked for its address again and again, without EDNS: what a query costs at the least.
import { addressData, prepare } from '../course.ts';
import type { Figure } from '../figure.ts';
import { enterAll, fewAndMany, OTHERS } from '../harness/against-knot.ts';
import { workerFingerpost } from '../servers/fingerpost.ts';

/** Of Knot's rate: what issue 3 promises. */
const GOAL = 1;

export const oneName: Figure = {
  name: 'one-name',
  title: 'One name, A, no EDNS: answers a CPU-second',
  async measure(bed, pace) {
    const course = await prepare(bed, '1 name', addressData(1, false));
    return fewAndMany(bed, await enterAll(bed, workerFingerpost, OTHERS, course, pace), course, pace, GOAL);
  },
};
