// What `fingerpost top` shows, as lines of text that fit a terminal's size; nothing in them but what can be seen.
import type { TopReport } from '../api/top-schema.ts';
import { shortened } from './terminal.ts';
import type { TopFigures } from './top-figures.ts';

export type List = 'names' | 'clients';
export type Order = 'rate' | 'name';

/** What keys change. */
export interface TopView {
  readonly list: List;
  readonly order: Order;
  /** The first row that is shown. */
  readonly from: number;
  readonly isPaused: boolean;
}

export interface TopState {
  readonly url: string;
  readonly report: TopReport;
  readonly figures: TopFigures;
  /** Why the report is an old one; undefined where it is not. */
  readonly problem: string | undefined;
}

export interface Line {
  readonly text: string;
  readonly style?: 'bold' | 'reverse' | 'alarm';
}

type Frequent = TopReport['names'][number];

const RATE_WIDTH = 12;
/** With fewer columns the lists are shown one at a time. */
const BOTH_FROM = 100;
const HELP = 'q quit  p pause  s sort  ←/→ names or clients  ↑/↓ PgUp/PgDn scroll';

export function rateText(rate: number): string {
  if (rate === 0) return '0';
  return rate < 10 ? rate.toFixed(2) : Math.round(rate).toLocaleString('en-US');
}

export function timeText(seconds: number | undefined): string {
  if (seconds === undefined) return '-';
  if (seconds < 1) return `${(seconds * 1000).toPrecision(3)} ms`;
  return `${seconds.toPrecision(3)} s`;
}

function percent(share: number | undefined): string {
  return share === undefined ? '-' : `${(share * 100).toFixed(1)} %`;
}

function sharesText(shares: TopFigures['rcodes']): string {
  if (shares.length === 0) return '-';
  return shares
    .slice(0, 6)
    .map(([name, share]) => `${name} ${percent(share)}`)
    .join('  ');
}

function registryLine({ registry }: TopReport): Line {
  const { url, state, since, lag, revision, services, bad, held } = registry;
  const cut = since === null ? '' : ` since ${new Date(since).toISOString()}`;
  const word = lag === null ? '' : `, last word ${timeText(lag)} ago`;
  const odd = [
    [bad, 'bad'],
    [held, 'held'],
  ].flatMap(([count, what]) => (count === 0 ? [] : [`, ${count} ${what}`]));
  const text = `registry  ${state}${cut}  ${url}  revision ${revision}${word}  ${services} services${odd.join('')}`;
  return state === 'synced' ? { text } : { text, style: 'alarm' };
}

function upstreamLine({ upstream }: TopReport): Line[] {
  const servers = upstream.flatMap((group) => group.servers);
  if (servers.length === 0) return [];
  const texts = servers.map(({ address, state, roundTripMs }) => {
    const time = state === 'up' && roundTripMs !== undefined ? ` ${timeText(roundTripMs / 1000)}` : '';
    return `${address} ${state}${time}`;
  });
  const isWell = servers.every(({ state }) => state === 'up');
  return [{ text: `upstream  ${texts.join('  ')}`, ...(isWell ? {} : { style: 'alarm' as const }) }];
}

/** All above the lists. */
function headLines({ url, report, figures, problem }: TopState, { isPaused }: TopView): Line[] {
  const misses = `misses ${rateText(figures.missesQueued)}/s`;
  const lost = `dropped ${rateText(figures.missesDropped)}/s  waiting ${report.misses.waiting}`;
  return [
    { text: `fingerpost ${report.version}  ${url}${isPaused ? '  PAUSED' : ''}`, style: 'bold' },
    ...(problem === undefined ? [] : [{ text: `no answer: ${problem}`, style: 'alarm' as const }]),
    registryLine(report),
    {
      text: `answers   ${rateText(figures.answered)}/s  p50 ${timeText(figures.p50)}  p90 ${timeText(figures.p90)}  p99 ${timeText(figures.p99)}`,
    },
    { text: `table     ${percent(figures.fromTable)}  ${misses}  ${lost}  workers ${report.workers.alive}` },
    { text: `rcodes    ${sharesText(figures.rcodes)}` },
    { text: `types     ${sharesText(figures.types)}` },
    { text: `changes   ${rateText(figures.changes)}/s  turned away ${rateText(figures.turnedAway)}/s` },
    ...upstreamLine(report),
  ];
}

function ordered(rows: readonly Frequent[], order: Order): readonly Frequent[] {
  if (order === 'rate') return rows;
  return rows.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** Exactly `width` columns. */
function cell(text: string, width: number): string {
  return shortened(text, width).padEnd(width);
}

function listLines(report: TopReport, list: List, view: TopView, width: number, height: number): string[] {
  const rows = ordered(report[list], view.order);
  const from = list === view.list ? view.from : 0;
  const mark = list === view.list ? '>' : ' ';
  const nameWidth = Math.max(1, width - RATE_WIDTH - 1);
  const title = `${mark}${list.toUpperCase()}${view.order === 'name' ? ' (by name)' : ''}`;
  const head = `${cell(title, nameWidth)} ${'A SECOND'.padStart(RATE_WIDTH)}`;
  const shown = rows.slice(from, from + Math.max(0, height - 1));
  return [
    head,
    ...shown.map(({ key, rate }) => `${cell(` ${key}`, nameWidth)} ${rateText(rate).padStart(RATE_WIDTH)}`),
  ];
}

function bothLists(report: TopReport, view: TopView, width: number, height: number): Line[] {
  const lists: readonly List[] = width >= BOTH_FROM ? ['names', 'clients'] : [view.list];
  const each = Math.floor((width - 2 * (lists.length - 1)) / lists.length);
  const columns = lists.map((list) => listLines(report, list, view, each, height));
  return Array.from({ length: height }, (_, row) => {
    const text = columns.map((lines) => (lines[row] ?? '').padEnd(each)).join('  ');
    return row === 0 ? { text, style: 'reverse' } : { text };
  });
}

/** How many rows of a list fit. */
export function listHeight(state: TopState, view: TopView, height: number): number {
  return Math.max(0, height - headLines(state, view).length - 3);
}

function noteText({ share, window }: TopReport): string {
  if (window === 0) return 'names and clients are noted from now on';
  const part = share < 1 ? `, made from ${(share * 100).toPrecision(2)} % of all replies` : '';
  return `names and clients of the last seconds${part}`;
}

/** The whole screen: exactly `height` lines of at most `width` columns. */
export function screenLines(state: TopState, view: TopView, width: number, height: number): Line[] {
  const head = headLines(state, view);
  const rows = listHeight(state, view, height);
  const lines: Line[] = [
    ...head,
    { text: noteText(state.report) },
    ...(rows > 0 ? bothLists(state.report, view, width, rows + 1) : []),
    { text: HELP, style: 'reverse' },
  ];
  const shown = lines
    .slice(0, height)
    .map((line) => ({ ...line, text: shortened(line.text.trimEnd(), width) }));
  while (shown.length < height) shown.push({ text: '' });
  return shown;
}

/** The same for a file or a pipe: everything once, without keys. */
export function plainLines(state: TopState, most: number): string[] {
  const view: TopView = { list: 'names', order: 'rate', from: 0, isPaused: false };
  const { report } = state;
  const rows = Math.min(most, Math.max(report.names.length, report.clients.length));
  return [
    ...headLines(state, view),
    { text: noteText(report) },
    ...bothLists(report, view, 120, rows + 1),
  ].map(({ text }) => shortened(text.replace(/^>/, ' '), 200).trimEnd());
}
