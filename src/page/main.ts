// The page: what the server sends is kept, and shown with the next frame.
import type { LiveStatus } from '../api/live-format.ts';
import { alarmOf, type Lost } from './alarm.ts';
import { Banner } from './banner.ts';
import { Chart } from './chart.ts';
import { byId, setText } from './dom.ts';
import { startExplain } from './explain.ts';
import { Feed, type Follower } from './feed.ts';
import { List } from './list.ts';
import { Moves, showBad, showUpstream, Tiles } from './panels.ts';
import { sampleOf } from './rates.ts';
import { foldAll, foundRows, type Row, unfoldedRows, unfoldSome } from './rows.ts';
import { drawRow } from './service-row.ts';
import { startTheme } from './theme.ts';
import { type Move, type Place, ServiceTree } from './tree.ts';
import { count, counted, latency, rate, visible } from './words.ts';

/** So many rows are unfolded at first, about. */
const FIRST_ROWS = 60;

const tree = new ServiceTree();
const search = byId<HTMLInputElement>('search');
const banner = new Banner(byId('banner'));
const moves = new Moves(byId('moves'));
const tiles = new Tiles(byId('tiles'), ['Services', 'Bad records', 'Revision']);
const charts = {
  answers: new Chart(
    'Answers/s',
    [
      { kind: 'answers', name: 'all' },
      { kind: 'nxdomain', name: 'NXDOMAIN' },
      { kind: 'servfail', name: 'failed' },
    ],
    rate,
  ),
  latency: new Chart(
    'Latency',
    [
      { kind: 'p99', name: 'p99' },
      { kind: 'p50', name: 'p50' },
    ],
    latency,
  ),
  changes: new Chart('Changes/s', [{ kind: 'changes', name: 'changes' }], rate),
};
byId('charts').append(...Object.values(charts).map(({ element }) => element));
const explain = startExplain();
const list = new List(byId('tree'), {
  draw: (element, row) => drawRow(element, row, search.value.trim() !== ''),
  unfold: ({ place }: Row, isOpen) => {
    place.isOpen = isOpen;
    // At once: the next key may go to what is unfolded.
    makeRows();
  },
  choose: ({ place }: Row) => explain.choose(place),
});

let status: LiveStatus | undefined;
let lost: Lost | undefined;
let heardAt: number | undefined;
/** The first list has come to its end. */
let isWhole = false;
let isCut = false;
let isDrawing = false;

/** Makes the rows anew, with the next frame. */
function showTree(): void {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    makeRows();
  });
}

function makeRows(): void {
  const text = search.value.trim();
  const rows = text === '' ? unfoldedRows(tree) : foundRows(tree, text);
  list.show(rows);
  const { living, leaving } = tree.root;
  const loading = isWhole ? '' : ' so far';
  const gone = leaving > 0 ? `, ${count(leaving)} just gone` : '';
  const found = text === '' ? '' : `${counted(rows.length, 'name')} found of `;
  const cut = isCut ? ' (the first ones of very many)' : '';
  setText(byId('shown'), `${found}${counted(living, 'service')}${loading}${gone}${cut}`);
  const none = byId('none');
  none.hidden = rows.length > 0;
  setText(none, text === '' ? 'No service is registered yet.' : `Nothing has “${visible(text)}” in it.`);
}

function showStanding(): void {
  banner.show(alarmOf(status, lost));
  const state = lost !== undefined ? 'lost' : (status?.state ?? 'connecting');
  const pill = byId('state');
  setText(pill, state);
  pill.dataset.state = state;
}

function showSample(before: LiveStatus | undefined, after: LiveStatus): void {
  const sample = before === undefined ? undefined : sampleOf(before, after);
  if (sample === undefined) return;
  const { answers, rcodes, p50, p99, changes } = sample;
  const failed = (rcodes.SERVFAIL ?? 0) + (rcodes.REFUSED ?? 0) + (rcodes.FORMERR ?? 0);
  charts.answers.add([answers, rcodes.NXDOMAIN ?? 0, failed], '');
  charts.latency.add([p99, p50], p50 === undefined ? '' : `for 99 of 100, ${latency(p50)} for half`);
  charts.changes.add([changes]);
}

const follower: Follower = {
  begin({ zones }) {
    tree.begin(zones);
    showTree();
  },
  page(names) {
    const now = Date.now();
    for (const name of names) {
      const { place } = tree.set(name, now);
      // At first all are new: that is nothing to point out.
      if (!isWhole && place !== undefined) place.changedAt = undefined;
    }
    showTree();
  },
  end(end) {
    tree.end(Date.now());
    if (!isWhole) unfoldSome(tree, FIRST_ROWS);
    isWhole = true;
    isCut = end.cut;
    showTree();
  },
  change(names) {
    const now = Date.now();
    const made: { place: Place; move: Move }[] = [];
    for (const name of names) {
      const { place, move } = tree.set(name, now);
      if (place !== undefined && move !== 'same') made.push({ place, move });
    }
    if (isWhole) moves.add(made);
    showTree();
  },
  status(next) {
    showSample(status, next);
    status = next;
    heardAt = Date.now();
    tiles.set('Services', count(next.services));
    tiles.set('Revision', count(next.revision));
    setText(byId('registry'), visible(next.registry));
    setText(byId('version'), `Fingerpost ${next.version}`);
    showUpstream(byId('upstream'), next);
    showStanding();
  },
  bad(bad) {
    tiles.set('Bad records', count(bad.total), bad.total > 0 ? 'alarm' : '');
    showBad(byId('bad'), bad);
  },
  connected() {
    if (lost === undefined) return;
    lost = undefined;
    showStanding();
  },
  lost(why) {
    lost = { since: heardAt, why };
    showStanding();
  },
};

startTheme(byId('theme'));
search.addEventListener('input', () => {
  list.toTop();
  makeRows();
});
for (const [id, isOpen] of [
  ['unfold', true],
  ['fold', false],
] as const)
  byId(id).addEventListener('click', () => {
    foldAll(tree, isOpen);
    makeRows();
  });
new Feed(follower);
// What is new or gone stops being so by itself.
setInterval(() => {
  if (tree.sweep(Date.now())) showTree();
  else list.redraw();
}, 1_000);
