// A small chart of the last minutes: lines over time, as SVG. The numbers stand beside it as text.
import { el, setAll, setText, svg } from './dom.ts';
import { niceAbove } from './rates.ts';

/** Seconds that are shown. */
const SPAN = 120;
const WIDTH = 240;
const HEIGHT = 64;

export interface ChartLine {
  /** As the style sheet names its colour. */
  readonly kind: string;
  readonly name: string;
}

export class Chart {
  readonly element: HTMLElement;
  readonly #paths: readonly SVGElement[];
  readonly #area: SVGElement;
  readonly #now = el('span', { class: 'now' }, '–');
  readonly #note = el('span', { class: 'quiet' });
  readonly #most = el('span', { class: 'most quiet' });
  readonly #points: (readonly (number | undefined)[])[] = [];
  readonly #text: (value: number) => string;

  constructor(title: string, lines: readonly ChartLine[], text: (value: number) => string) {
    this.#text = text;
    this.#area = svg('path', { class: `area ${lines[0]?.kind}` });
    this.#paths = lines.map(({ kind }) => svg('path', { class: `line ${kind}` }));
    const drawing = svg(
      'svg',
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      svg('path', {
        class: 'grid',
        d: `M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 0.5}H${WIDTH}M0 0.5H${WIDTH}`,
      }),
      this.#area,
      ...this.#paths,
    );
    const legend =
      lines.length < 2 ? [] : lines.map(({ kind, name }) => el('span', { class: `key ${kind}` }, name));
    this.element = el(
      'figure',
      { class: 'card chart' },
      el(
        'figcaption',
        {},
        el('span', { class: 'name' }, title),
        el('span', { class: 'keys' }, ...legend),
        el('span', { class: 'value' }, this.#now, ' ', this.#note),
      ),
      el('div', { class: 'drawing' }, drawing, this.#most),
    );
  }

  /** Takes the newest value of each line; `note` stands beside the first. */
  add(values: readonly (number | undefined)[], note = ''): void {
    this.#points.push(values);
    if (this.#points.length > SPAN) this.#points.shift();
    const newest = values[0];
    setText(this.#now, newest === undefined ? '–' : this.#text(newest));
    setText(this.#note, note);
    this.#draw();
  }

  #draw(): void {
    const all = this.#points.flat().filter((value) => value !== undefined);
    const most = niceAbove(Math.max(0, ...all));
    setText(this.#most, most === 0 ? '' : this.#text(most));
    const y = (value: number) => HEIGHT - 1 - (most === 0 ? 0 : (value / most) * (HEIGHT - 4));
    for (const [i, path] of this.#paths.entries()) setAll(path, { d: this.#path(i, y) });
    const first = this.#path(0, y);
    const start = WIDTH - (this.#points.length - 1) * (WIDTH / (SPAN - 1));
    // Only where the line is whole: an area under a gap would be a lie.
    const isWhole = this.#points.every(([value]) => value !== undefined);
    setAll(this.#area, { d: isWhole ? `${first}L${WIDTH} ${HEIGHT}L${start.toFixed(1)} ${HEIGHT}Z` : '' });
  }

  #path(line: number, y: (value: number) => number): string {
    let path = '';
    let isDrawing = false;
    const step = WIDTH / (SPAN - 1);
    for (const [i, values] of this.#points.entries()) {
      const value = values[line];
      if (value !== undefined) {
        const x = WIDTH - (this.#points.length - 1 - i) * step;
        path += `${isDrawing ? 'L' : 'M'}${x.toFixed(1)} ${y(value).toFixed(1)}`;
      }
      isDrawing = value !== undefined;
    }
    return path === '' ? 'M0 0' : path;
  }
}
