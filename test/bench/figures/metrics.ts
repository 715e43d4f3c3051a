// What it costs that metrics can be scraped: the same questions with HTTP off, with it on, and scraped every second.
import { freePort } from '../../support/ports.ts';
import { addressData, prepare } from '../course.ts';
import type { Figure } from '../figure.ts';
import type { TestBed } from '../harness/bed.ts';
import { type Contender, enter, rateRow, ratioOf, rawOf, rounds } from '../harness/contest.ts';
import { progress } from '../harness/progress.ts';
import { goal, type Outcome, type Row } from '../harness/results.ts';
import { fingerpost } from '../servers/fingerpost.ts';
import type { ServerKind } from '../servers/server.ts';

/** Of the rate without: nobody should be able to tell. */
const GOAL = 0.97;
const SERVICES = 10_000;
const SCRAPE_MS = 1000;
/** As many zones as make the text of a scrape long. */
const ZONES = Array.from({ length: 20 }, (_, i) => ['--zone', `zone${i}.example`]).flat();

const FLAGS = ['--workers', '1', '--zone', 'skydns.local', ...ZONES];

const off = fingerpost('HTTP off', FLAGS);

/** With HTTP on; scraped where that is wanted. */
async function withHttp(bed: TestBed, name: string, isScraped: boolean): Promise<ServerKind> {
  const http = `127.0.0.1:${await freePort()}`;
  const kind = fingerpost(name, [...FLAGS, '--http', http]);
  if (!isScraped) return kind;
  const scrape = () =>
    void fetch(`http://${http}/metrics`)
      .then((response) => response.text())
      .catch(() => {});
  return {
    ...kind,
    async start(own, data) {
      const started = await kind.start(own, data);
      const timer = setInterval(scrape, SCRAPE_MS);
      bed.keep(async () => clearInterval(timer));
      return started;
    },
  };
}

export const metrics: Figure = {
  name: 'metrics',
  title: 'Metrics, not served, served and scraped every second: answers a CPU-second',
  async measure(bed, pace): Promise<Outcome> {
    const course = await prepare(bed, `${SERVICES} names`, addressData(SERVICES, true));
    const on = await withHttp(bed, 'HTTP on', false);
    const scraped = await withHttp(bed, 'scraped every second', true);
    const contenders: Contender[] = [];
    for (const kind of [off, on, scraped]) {
      progress(`${course.label}: ${kind.name}`);
      contenders.push(await enter(bed, kind, course, pace));
    }
    const all = await rounds(bed, contenders, course, pace);
    const ratios = [on, scraped].map(({ name }): Row => {
      const ratio = ratioOf(all, name, off.name);
      return {
        name: `${name} / ${off.name}`,
        value: ratio.toFixed(2),
        ...goal(ratio, GOAL, 'atLeast', `${GOAL}`),
      };
    });
    return {
      rows: [...contenders.map(({ name }) => rateRow(course.label, all, name)), ...ratios],
      raw: rawOf(all),
    };
  },
};
