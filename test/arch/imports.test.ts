// The house: imports point one way, and packages with a place of their own stay there.
import { describe, expect, it } from 'vitest';
import { cycle, wrongWays } from './layers.ts';
import { sourcesIn } from './sources.ts';

const sources = sourcesIn('src');

function made(path: string, ...files: string[]) {
  return { path, imports: files.map((file) => ({ specifier: `./${file}`, file, typeOnly: false })) };
}

/** The files that import a package or any path of it. */
function importersOf(name: string): string[] {
  return sources
    .filter(({ imports }) =>
      imports.some(({ specifier }) => specifier === name || specifier.startsWith(`${name}/`)),
    )
    .map(({ path }) => path);
}

describe('imports', () => {
  it('are found', () => {
    const app = sources.find(({ path }) => path === 'src/app/server.ts');
    expect(app?.imports.map(({ file }) => file)).toContain('src/app/ports.ts');
    const open = sources.find(({ path }) => path === 'src/registry/open.ts');
    expect(open?.imports.map(({ file }) => file)).toContain('src/registry/sqlite.ts');
  });

  it('point to the left', () => {
    expect(wrongWays(sources)).toEqual([]);
  });

  it('make no cycle', () => {
    expect(cycle(sources)).toBeUndefined();
  });

  it('of pino are in observe/log.ts alone', () => {
    expect(importersOf('pino')).toEqual(['src/observe/log.ts']);
  });

  it('of koffi are in transport/udp-batch alone', () => {
    expect(importersOf('koffi').filter((path) => !path.startsWith('src/transport/udp-batch/'))).toEqual([]);
  });

  it('of wire, service and zone reach nothing outside the program', () => {
    // node:net is there for isIPv4 and isIPv6 alone.
    const outside = /^node:(?!net$)/;
    const pure = sources.filter(({ path }) => /^src\/(wire|service|zone)\//.test(path));
    const wrong = pure.filter(({ imports }) => imports.some(({ specifier }) => outside.test(specifier)));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('of the page are its own files, and types of what it is sent', () => {
    const page = sources.filter(({ path }) => path.startsWith('src/page/'));
    const foreign = page.flatMap(({ imports }) =>
      imports.filter(({ file }) => !file?.startsWith('src/page/')),
    );
    expect(foreign.every(({ typeOnly }) => typeOnly)).toBe(true);
    const formats = ['src/api/live-format.ts', 'src/query/explain/explanation.ts'];
    expect(new Set(foreign.map(({ file }) => file))).toEqual(new Set(formats));
    expect(sources.filter(({ path }) => formats.includes(path)).flatMap(({ imports }) => imports)).toEqual(
      [],
    );
  });

  it('are not of test files', () => {
    const wrong = sources.filter(({ imports }) => imports.some(({ file }) => file?.startsWith('test/')));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});

describe('the rules', () => {
  it('see an import to the right, to a neighbour, and from a part that nobody knows', () => {
    const wrong = wrongWays([
      made('src/wire/a.ts', 'src/base/b.ts', 'src/wire/c.ts', 'src/zone/d.ts'),
      made('src/zone/a.ts', 'src/registry/b.ts'),
      made('src/index.ts', 'src/app/b.ts', 'src/cli/c.ts'),
      made('src/elsewhere/a.ts'),
    ]);
    expect(wrong).toEqual([
      'src/wire/a.ts imports src/zone/d.ts',
      'src/zone/a.ts imports src/registry/b.ts',
      'src/index.ts imports src/cli/c.ts',
      'src/elsewhere/a.ts is in no part of the house',
    ]);
  });

  it('see a cycle', () => {
    const sources = [
      made('src/a.ts', 'src/b.ts'),
      made('src/b.ts', 'src/c.ts'),
      made('src/c.ts', 'src/b.ts'),
    ];
    expect(cycle(sources)).toEqual(['src/b.ts', 'src/c.ts', 'src/b.ts']);
  });
});
