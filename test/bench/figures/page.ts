// The page: how big it is, how soon it shows 50,000 services, and what one that is open costs the answers.
import { Browser } from '../../support/browser.ts';
import { LiveReader } from '../../support/live.ts';
import { freePort } from '../../support/ports.ts';
import { addressData, prepare } from '../course.ts';
import type { Figure, Pace } from '../figure.ts';
import { type Contender, enter, rateRow, ratioOf, rawOf, rounds } from '../harness/contest.ts';
import { progress } from '../harness/progress.ts';
import { goal, type Outcome, whole } from '../harness/results.ts';
import { median } from '../harness/stats.ts';
import { fingerpost } from '../servers/fingerpost.ts';

/** Of the rate while nobody looks. */
const GOAL = 0.95;
const SERVICES = 50_000;
const MOST_BYTES = 150_000;

interface Shown {
  readonly bytes: number;
  /** From the address to all services. */
  readonly seconds: number;
}

/** Opens the page with nothing of it kept from before, and waits until it shows everything. */
async function show(url: string): Promise<Shown> {
  const browser = await Browser.start();
  try {
    const start = performance.now();
    const { page } = await browser.open(url);
    const all = new RegExp(`^${SERVICES.toLocaleString('en')} services$`);
    await page.locator('#shown', { hasText: all }).waitFor();
    const seconds = (performance.now() - start) / 1000;
    const sizes =
      "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))";
    const bytes = await page.evaluate<number>(
      `${sizes}.filter(({ name }) => !name.includes('/v1/')).reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0)`,
    );
    return { bytes, seconds };
  } finally {
    await browser.close();
  }
}

async function showings(url: string, { runs }: Pace): Promise<Shown[]> {
  const all: Shown[] = [];
  for (let run = 1; run <= runs; run++) {
    const one = await show(url);
    progress(`page, run ${run}: ${whole(one.bytes)} bytes, all shown after ${one.seconds.toFixed(2)} s`);
    all.push(one);
  }
  return all;
}

export const page: Figure = {
  name: 'page',
  title: 'The page: size, time until all is shown, and answers a CPU-second while one is open',
  async measure(bed, pace): Promise<Outcome> {
    const data = addressData(SERVICES, false);
    const course = await prepare(bed, `1 of ${whole(SERVICES)} names`, {
      ...data,
      draw: () => `${data.all[0]?.name} A`,
    });
    const http = await freePort();
    const nobody = fingerpost('nobody looks', ['--workers', '1']);
    const open = fingerpost('one page open', ['--workers', '1', '--http', `127.0.0.1:${http}`]);
    const contenders: Contender[] = [];
    for (const kind of [nobody, open]) contenders.push(await enter(bed, kind, course, pace));
    const shown = await showings(`http://127.0.0.1:${http}/`, pace);
    // What a page reads, without a browser that would need the processor itself.
    const reader = await LiveReader.open(`http://127.0.0.1:${http}`);
    await reader.until(() => reader.of('end').length > 0);
    const all = await rounds(bed, contenders, course, pace);
    reader.close();
    const ratio = ratioOf(all, open.name, nobody.name);
    const bytes = median(shown.map((one) => one.bytes));
    return {
      rows: [
        { name: 'bytes', value: whole(bytes), ...goal(bytes, MOST_BYTES, 'atMost', whole(MOST_BYTES)) },
        {
          name: `until ${whole(SERVICES)} services are shown`,
          value: `${median(shown.map(({ seconds }) => seconds)).toFixed(2)} s`,
        },
        ...contenders.map(({ name }) => rateRow(course.label, all, name)),
        {
          name: `${open.name} / ${nobody.name}`,
          value: ratio.toFixed(2),
          ...goal(ratio, GOAL, 'atLeast', `${GOAL}`),
        },
      ],
      raw: { shown, rounds: rawOf(all) },
    };
  },
};
