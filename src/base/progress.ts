// How far something has come that people wait for: who does it says so, and somebody shows it.
import type { Logger } from './log.ts';

/** One thing that people wait for. */
export interface Progress {
  /** So much of `total` is done, since it began; undefined where nobody knows how much there is. */
  reached(done: number, total: number | undefined): void;
  /** It is over, whatever came of it. */
  end(): void;
}

/** What is counted. */
export type Unit = 'services' | 'bytes' | 'figures' | 'rounds';

/** Begins to show something: `what` is done, in words. */
export type ShowProgress = (what: string, unit: Unit) => Progress;

/** For those who are not shown anything. */
export const noProgress: ShowProgress = () => ({ reached: () => {}, end: () => {} });

const MEGABYTE = 1e6;

function whole(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** `12,000 services`, `3.1 MB`. */
export function amountText(count: number, unit: Unit): string {
  return unit === 'bytes' ? `${(count / MEGABYTE).toFixed(1)} MB` : `${whole(count)} ${unit}`;
}

/** `42 %`; undefined where nobody knows how much there is. */
export function percentOf(done: number, total: number | undefined): number | undefined {
  if (total === undefined) return undefined;
  return total <= 0 ? 100 : Math.min(100, Math.floor((100 * done) / total));
}

/** `12,000 services a second`, `3 rounds a minute`; `rate` is of a second. */
export function rateText(rate: number, unit: Unit): string {
  return rate < 1 ? `${amountText(rate * 60, unit)} a minute` : `${amountText(rate, unit)} a second`;
}

/** Between two lines about the same thing, in milliseconds; the first line is as long after its beginning. */
const TOLD_EVERY_MS = 2_000;

/** Lines in the log with percent and rate, where it takes long. */
export function logProgress(logger: Logger, now: () => number = () => performance.now()): ShowProgress {
  return (what, unit) => {
    const began = now();
    let told = began;
    return {
      reached(done, total) {
        const time = now();
        if (time - told < TOLD_EVERY_MS) return;
        told = time;
        const rate = (done * 1000) / (time - began);
        const percent = percentOf(done, total);
        const share = percent === undefined ? amountText(done, unit) : `${percent} %`;
        const fields = { ...(percent === undefined ? {} : { percent }), done, total, rate: Math.round(rate) };
        logger.info(fields, `${what}: ${share}, ${rateText(rate, unit)}`);
      },
      end() {},
    };
  };
}
