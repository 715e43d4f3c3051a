// The bar on a terminal: what it says, when it is drawn, and that lines written meanwhile stay whole.
import { describe, expect, it } from 'vitest';
import { barText, ProgressBar } from '../../src/observe/progress-bar.ts';

const CLEAR = '\r\u001b[K';

describe('the text', () => {
  it('tells what, how much of it, how fast, and how long it still takes', () => {
    expect(barText('reading the registry', 'services', 50_000, 200_000, 1000, 200)).toBe(
      `reading the registry [${'#'.repeat(4)}${'.'.repeat(12)}] 25 %, 50,000 services/s, 3 s left`,
    );
    expect(barText('reading', 'bytes', 10e6, 10e6, 2000, 200)).toBe(
      `reading [${'#'.repeat(16)}] 100 %, 5.0 MB/s, 0 s left`,
    );
    expect(barText('one name', 'rounds', 1, 5, 20_000, 200)).toBe(
      `one name [${'#'.repeat(3)}${'.'.repeat(13)}] 20 %, 3 rounds/min, 80 s left`,
    );
    expect(barText('reading', 'services', 1200, undefined, 1000, 200)).toBe(
      'reading: 1,200 services, 1,200 services/s',
    );
    expect(barText('reading', 'services', 0, 10, 0, 200)).toBe(
      `reading [${'.'.repeat(16)}] 0 %, 0 services/s`,
    );
  });

  it('is never longer than a line', () => {
    for (const columns of [1, 10, 40, 79])
      expect(barText('reading the registry', 'services', 1, 2, 1000, columns).length).toBeLessThanOrEqual(
        columns,
      );
  });
});

function scene(columns?: number) {
  const written: string[] = [];
  let time = 0;
  const screen = { columns, write: (text: string) => void written.push(text) };
  const bar = new ProgressBar(screen, () => time);
  const pass = (ms: number) => {
    time += ms;
  };
  return { bar, written, pass };
}

describe('the bar', () => {
  it('does not appear where all is done at one go', () => {
    const { bar, written, pass } = scene();
    const progress = bar.show('reading', 'services');
    pass(1);
    progress.reached(2, 2);
    progress.end();
    expect(written).toEqual([]);
  });

  it('is drawn in place, not too often, and taken away in the end', () => {
    const { bar, written, pass } = scene();
    const progress = bar.show('reading', 'services');
    for (let done = 0; done <= 10; done++) {
      progress.reached(done, 10);
      pass(50);
    }
    progress.end();
    const texts = written.map((text) => {
      expect(text.startsWith(CLEAR)).toBe(true);
      return / (\d+) %/.exec(text)?.[1];
    });
    expect(texts).toEqual(['0', '20', '40', '60', '80', '100', undefined]);
    expect(written.at(-1)).toBe(CLEAR);
  });

  it('lets lines of the log stand above it, whole', () => {
    const { bar, written, pass } = scene();
    const log = bar.beside({ isTerminal: true, write: (line) => void written.push(line) });
    log.write('before\n');
    const progress = bar.show('reading', 'services');
    pass(1000);
    progress.reached(1, 2);
    const [, drawn] = written;
    log.write('while\n');
    progress.end();
    log.write('after\n');
    expect(written).toEqual(['before\n', drawn, CLEAR, 'while\n', drawn, CLEAR, 'after\n']);
    expect(log.isTerminal).toBe(true);
  });

  it('leaves the last column free', () => {
    const { bar, written, pass } = scene(30);
    const progress = bar.show('reading the registry', 'services');
    pass(1000);
    progress.reached(1, 2);
    expect(written[0]?.length).toBe(CLEAR.length + 29);
  });
});
