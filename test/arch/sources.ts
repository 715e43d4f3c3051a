// The source files and what each of them imports.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/** The top of the repository. */
export const ROOT = resolve(import.meta.dirname, '../..');

export interface Import {
  /** As it is written: `../base/clock.ts`, `pino`, `node:fs`. */
  readonly specifier: string;
  /** The imported file, from the top of the repository; undefined for packages. */
  readonly file: string | undefined;
  /** `import type`: gone when the program runs. */
  readonly typeOnly: boolean;
}

export interface Source {
  /** From the top of the repository: `src/wire/name.ts`. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly Import[];
}

/** `import ... from 'x'`, `export ... from 'x'`, `import 'x'`, `import('x')`. */
const IMPORT =
  /^(?:import|export)\b(?<type> type\b)?[^;'"]*?\bfrom\s+'(?<from>[^']+)'|^import\s+'(?<bare>[^']+)'|\bimport\(\s*'(?<late>[^']+)'\s*\)/gm;

function importsOf(path: string, text: string): Import[] {
  return [...text.matchAll(IMPORT)].map(({ groups = {} }) => {
    const specifier = groups.from ?? groups.bare ?? groups.late ?? '';
    const file = specifier.startsWith('.') ? relative(ROOT, resolve(ROOT, path, '..', specifier)) : undefined;
    return { specifier, file, typeOnly: groups.type !== undefined };
  });
}

/** The TypeScript files below a folder, sorted. */
export function sourcesIn(folder: 'src' | 'test'): Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => {
      const path = join(folder, name);
      const text = readFileSync(join(ROOT, path), 'utf8');
      return { path, text, lines: text.split('\n').length - 1, imports: importsOf(path, text) };
    });
}
