// The files: none too long, each says what it is, and the top level stays short.
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ROOT, sourcesIn } from './sources.ts';

const MOST_LINES = 400;

const TOP_LEVEL = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'biome.json',
  'deploy',
  'package-lock.json',
  'package.json',
  'src',
  'test',
  'tsconfig.json',
];

/** What git knows, and what it would take in: not what it ignores. */
function filesOfTheProject(): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard'];
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trimEnd().split('\n');
}

describe('files', () => {
  const sources = [...sourcesIn('src'), ...sourcesIn('test')];

  it(`have at most ${MOST_LINES} lines`, () => {
    const long = sources.filter(({ lines }) => lines > MOST_LINES);
    expect(long.map(({ path, lines }) => `${path}: ${lines} lines`)).toEqual([]);
  });

  it('say in their first line what they are', () => {
    const silent = sources.filter(({ text }) => !/^(#!.*\n)?(\/\/ \S|\/\*\* \S)/.test(text));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it('at the top level are those that belong there, and dotfiles', () => {
    const top = new Set(filesOfTheProject().map((path) => path.split('/')[0] ?? ''));
    expect([...top].filter((name) => !name.startsWith('.') && !TOP_LEVEL.includes(name))).toEqual([]);
  });
});
