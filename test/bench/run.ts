// npm run bench [-- --quick] [-- --minutes N] [-- NAME...]: measures, prints, and writes bench-results.json.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Figure, Pace } from './figure.ts';
import { announce } from './figures/announce.ts';
import { churn } from './figures/churn.ts';
import { endurance } from './figures/endurance.ts';
import { freshness } from './figures/freshness.ts';
import { growth } from './figures/growth.ts';
import { latencyFigure } from './figures/latency.ts';
import { limits } from './figures/limits.ts';
import { load } from './figures/load.ts';
import { metrics } from './figures/metrics.ts';
import { million } from './figures/million.ts';
import { mix } from './figures/mix.ts';
import { nxdomain } from './figures/nxdomain.ts';
import { observers } from './figures/observers.ts';
import { oneName } from './figures/one-name.ts';
import { outside } from './figures/outside.ts';
import { page } from './figures/page.ts';
import { portable } from './figures/portable.ts';
import { soak } from './figures/soak.ts';
import { srv } from './figures/srv.ts';
import { uncached } from './figures/uncached.ts';
import { upstreamStopped } from './figures/upstream-stopped.ts';
import { wait } from './figures/wait.ts';
import { TestBed } from './harness/bed.ts';
import { progress } from './harness/progress.ts';
import { printOutcome, writeResults } from './harness/results.ts';
import { ENTRY } from './servers/fingerpost.ts';

const FIGURES: readonly Figure[] = [
  portable,
  load,
  freshness,
  announce,
  churn,
  soak,
  endurance,
  oneName,
  million,
  srv,
  nxdomain,
  mix,
  latencyFigure,
  growth,
  limits,
  metrics,
  observers,
  page,
  outside,
  uncached,
  upstreamStopped,
  wait,
];
/** What `--quick` takes where no figure is named: two minutes. */
const QUICK_FIGURES: readonly Figure[] = [oneName, million, srv, nxdomain, mix, latencyFigure];
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const RUNS = 5;
const QUICK_RUNS = 3;

const { values, positionals } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    runs: { type: 'string' },
    minutes: { type: 'string' },
  },
  allowPositionals: true,
});

function isTaken(name: string): boolean {
  return !values.quick || QUICK_FIGURES.some((figure) => figure.name === name);
}

function chosen(): readonly Figure[] {
  const unknown = positionals.filter((name) => !FIGURES.some((figure) => figure.name === name));
  if (unknown.length > 0) {
    const known = FIGURES.map(({ name }) => name).join(', ');
    throw new Error(`no figure is called ${unknown.join(', ')}; there are ${known}`);
  }
  return FIGURES.filter(({ name, onlyNamed }) =>
    positionals.length === 0 ? !onlyNamed && isTaken(name) : positionals.includes(name),
  );
}

/** Each figure on a bed of its own, so that nothing of one is left when the next begins. */
async function measure(figure: Figure, place: string, pace: Pace, stopped: AbortSignal): Promise<unknown> {
  const bed = new TestBed();
  const close = () => void bed.close().then(() => process.exit(130));
  stopped.addEventListener('abort', close);
  try {
    progress(`${place}: ${figure.title}`);
    const outcome = await figure.measure(bed, pace);
    printOutcome(figure.title, outcome);
    return outcome;
  } finally {
    stopped.removeEventListener('abort', close);
    // What was measured fails when its processes are killed; `close` ends this process when all of them are gone.
    if (stopped.aborted) await new Promise(() => {});
    await bed.close();
  }
}

async function main(): Promise<void> {
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());
  const pace: Pace = {
    quick: values.quick,
    runs: Number(values.runs ?? (values.quick ? QUICK_RUNS : RUNS)),
    ...(values.minutes === undefined ? {} : { minutes: Number(values.minutes) }),
  };
  const results: Record<string, unknown> = { entry: ENTRY.slice(ROOT.length), ...pace };
  const figures = chosen();
  for (const [i, figure] of figures.entries()) {
    const place = `${i + 1} of ${figures.length}`;
    results[figure.name] = await measure(figure, place, pace, stopped.signal);
    writeResults(`${ROOT}bench-results.json`, results);
  }
}

await main();
