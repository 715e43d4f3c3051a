// SRV with ten members and their addresses: the largest replies that are usual.
import { prepare } from '../course.ts';
import type { Figure } from '../figure.ts';
import { enterAll, rowsAgainst } from '../harness/against-knot.ts';
import { rawOf, rounds } from '../harness/contest.ts';
import { sameCounts } from '../harness/dig.ts';
import { whole } from '../harness/results.ts';
import { bind } from '../servers/bind.ts';
import { workerFingerpost } from '../servers/fingerpost.ts';
import { pdns } from '../servers/pdns.ts';
import { srvData } from '../srv-services.ts';

/** Of Knot's rate: what issue 3 promises. */
const GOAL = 1.2;
const MEMBERS = 10;

export const srv: Figure = {
  name: 'srv',
  title: `SRV with ${MEMBERS} members and additional, EDNS: answers a CPU-second`,
  async measure(bed, pace) {
    const names = pace.quick ? 2_000 : 10_000;
    const label = `${whole(names)} service names`;
    const course = await prepare(bed, label, srvData(names, MEMBERS));
    // dnsmasq serves hosts files, which have no SRV.
    const contenders = await enterAll(bed, workerFingerpost, [bind, pdns], course, pace);
    const counts = sameCounts(contenders, course.data.services[0]?.parent ?? '', 'SRV');
    const all = await rounds(bed, contenders, course, pace);
    const replies = { name: `${label}: every reply`, value: counts };
    return { rows: [replies, ...rowsAgainst(label, all, workerFingerpost.name, GOAL)], raw: rawOf(all) };
  },
};
