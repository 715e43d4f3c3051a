// What the limit of replies and DNS cookies cost: the same questions, with both off and with both on.
import { addressData, prepare } from '../course.ts';
import type { Figure } from '../figure.ts';
import { type Contender, enter, rateRow, ratioOf, rawOf, rounds } from '../harness/contest.ts';
import { progress } from '../harness/progress.ts';
import { goal, type Outcome } from '../harness/results.ts';
import { fingerpost } from '../servers/fingerpost.ts';

/** Of the rate without: what a server on guard should still do. */
const GOAL = 0.9;
const SERVICES = 10_000;
/** A client's own cookie in an EDNS option (RFC 7873 4). */
const COOKIE = '10:0102030405060708';
/** So high that nobody is held back. */
const LIMIT = ['--rate-limit', '1000000'];

const off = fingerpost('both off', ['--workers', '1', '--cookies', 'off']);
const limit = fingerpost('limit on', ['--workers', '1', '--cookies', 'off', ...LIMIT]);
const both = fingerpost('limit and cookies on', ['--workers', '1', '--cookies', 'on', ...LIMIT]);

export const limits: Figure = {
  name: 'limits',
  title: 'Limit of replies and DNS cookies, clients that send cookies: answers a CPU-second',
  async measure(bed, pace): Promise<Outcome> {
    const course = await prepare(bed, `${SERVICES} names`, addressData(SERVICES, true));
    const asked = { ...course, questions: { ...course.questions, option: COOKIE } };
    const contenders: Contender[] = [];
    for (const kind of [off, limit, both]) {
      progress(`${course.label}: ${kind.name}`);
      contenders.push(await enter(bed, kind, asked, pace));
    }
    const all = await rounds(bed, contenders, asked, pace);
    const ratio = ratioOf(all, both.name, off.name);
    return {
      rows: [
        ...contenders.map(({ name }) => rateRow(course.label, all, name)),
        { name: `${limit.name} / ${off.name}`, value: ratioOf(all, limit.name, off.name).toFixed(2) },
        {
          name: `${both.name} / ${off.name}`,
          value: ratio.toFixed(2),
          ...goal(ratio, GOAL, 'atLeast', `${GOAL}`),
        },
      ],
      raw: rawOf(all),
    };
  },
};
