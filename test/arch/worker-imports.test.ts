// A UDP worker loads little: no tree, no registry, no logger, nothing that is not needed to answer from the table.
import { expect, it } from 'vitest';
import { sourcesIn } from './sources.ts';

const WORKER = 'src/transport/udp-batch/worker.ts';
/** Of the table, the reader's side alone. */
const TABLE = ['layout', 'lookup', 'names-reader'].map((name) => `src/table/${name}.ts`);
/** What it counts in; the main thread counts so, too. */
const TALLY = 'src/transport/tally.ts';

/** Every file and package that a file imports, directly or not, in order of discovery; types are gone when it runs. */
function reach(start: string): { files: Set<string>; packages: Set<string> } {
  const byPath = new Map(sourcesIn('src').map((source) => [source.path, source]));
  const files = new Set([start]);
  const packages = new Set<string>();
  for (const path of files) {
    for (const { specifier, file, typeOnly } of byPath.get(path)?.imports ?? []) {
      if (typeOnly) continue;
      if (file === undefined) packages.add(specifier);
      else files.add(file);
    }
  }
  return { files, packages };
}

it('the imports of a UDP worker are base, wire, guard, tap, the reader of the table, counts and its own folder', () => {
  const { files } = reach(WORKER);
  const foreign = [...files].filter(
    (path) =>
      !/^src\/(base|wire|guard|tap|transport\/udp-batch)\//.test(path) && ![...TABLE, TALLY].includes(path),
  );
  expect(foreign).toEqual([]);
  expect([...files]).toEqual(expect.arrayContaining(TABLE));
});

it('the packages of a UDP worker are koffi and what Node brings', () => {
  const { packages } = reach(WORKER);
  expect([...packages].filter((name) => !name.startsWith('node:'))).toEqual(['koffi']);
});
