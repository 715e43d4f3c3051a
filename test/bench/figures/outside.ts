// Names outside the zones that are in the cache, beside names of the zones, and beside other servers' caches.
import { addressData, prepare } from '../course.ts';
import type { Figure, Pace } from '../figure.ts';
import type { TestBed } from '../harness/bed.ts';
import {
  type Contender,
  type Course,
  enter,
  everythingOf,
  present,
  type Questions,
  type Round,
  rateRow,
  ratioOf,
  rawOf,
  rounds,
} from '../harness/contest.ts';
import { cost } from '../harness/dnsperf.ts';
import { progress } from '../harness/progress.ts';
import { goal, type Outcome, type Row, whole } from '../harness/results.ts';
import { startUpstream, writeOutside } from '../outside-names.ts';
import { forwardingDnsmasq } from '../servers/dnsmasq.ts';
import { forwardingFingerpost } from '../servers/fingerpost.ts';
import { forwardingUnbound } from '../servers/unbound.ts';

/** Of a zone name's rate, and of the better of the other servers': what issue 4 promises. */
const ZONE_GOAL = 0.95;
const OTHERS_GOAL = 1.2;
const NAMES = 1_000;
/** Answers that dnsmasq may keep: the most that it takes without a warning, and far more than there are. */
const ROOM = 10_000;
/** Longer than any run, in seconds: nothing is asked anew meanwhile. */
const TTL = 86_400;
const LABEL = `${whole(NAMES)} names`;
const OWN = 'fingerpost, outside names';
const ZONES = 'fingerpost, zone names';

/** The same server twice: asked for names outside, and for names of its zone. */
async function enterOwn(
  bed: TestBed,
  upstream: number,
  zone: Course,
  outside: Course,
  pace: Pace,
): Promise<Contender[]> {
  const kind = forwardingFingerpost(upstream);
  const one = await enter(bed, kind, outside, pace);
  await cost(bed, one.running.pid, everythingOf(one, zone.questions));
  return [
    { ...one, name: OWN },
    { ...one, name: ZONES, questions: zone.questions },
  ];
}

/** The ratio to the better of the others in each round is what is promised; all are told. */
function rowsOf(all: readonly Round[]): Row[] {
  const names = [...(all[0]?.keys() ?? [])];
  const others = names.filter((name) => name !== OWN && name !== ZONES);
  const zone = ratioOf(all, OWN, ZONES);
  const least = Math.min(...others.map((name) => ratioOf(all, OWN, name)));
  return [
    ...names.map((name) => rateRow(LABEL, all, name)),
    {
      name: `${OWN} / ${ZONES}`,
      value: zone.toFixed(2),
      ...goal(zone, ZONE_GOAL, 'atLeast', `${ZONE_GOAL}`),
    },
    ...others.map((name) => ({ name: `${OWN} / ${name}`, value: ratioOf(all, OWN, name).toFixed(2) })),
    ...(others.length === 0
      ? []
      : [
          {
            name: `${OWN} / the better of the others`,
            value: least.toFixed(2),
            ...goal(least, OTHERS_GOAL, 'atLeast', `${OTHERS_GOAL}`),
          },
        ]),
  ];
}

export const outside: Figure = {
  name: 'outside',
  title: 'Names outside the zones, all in the cache: answers a CPU-second',
  async measure(bed, pace): Promise<Outcome> {
    const zone = await prepare(bed, LABEL, addressData(NAMES, true));
    const { port } = await startUpstream(bed, TTL);
    const all = `${zone.data.folder}/outside`;
    writeOutside(all, 0, NAMES);
    const questions: Questions = { all, edns: true };
    const course: Course = { ...zone, questions };
    const contenders = await enterOwn(bed, port, zone, course, pace);
    for (const kind of present([forwardingUnbound(port), forwardingDnsmasq(port, ROOM)])) {
      progress(`${LABEL}: ${kind.name} is asked everything once`);
      contenders.push(await enter(bed, kind, course, pace));
    }
    const measured = await rounds(bed, contenders, course, pace);
    return { rows: rowsOf(measured), raw: rawOf(measured) };
  },
};
