// Which part of the house may import which: a rule over a list of sources, so that it can be tried on made-up ones.
import type { Source } from './sources.ts';

/** From left to right; parts of one rank never import each other. */
const RANKS: readonly (readonly string[])[] = [
  ['base'],
  ['wire'],
  ['service', 'guard', 'tap'],
  ['registry', 'zone', 'upstream'],
  ['query'],
  ['table'],
  ['transport'],
  ['announce', 'observe'],
  ['api'],
  ['app'],
  ['cli', 'page', 'index.ts'],
];

/** `src/wire/name.ts` is in `wire`; a file directly in src/ is a part of its own. */
function partOf(path: string): string {
  return path.split('/')[1] ?? '';
}

function rankOf(part: string): number {
  return RANKS.findIndex((parts) => parts.includes(part));
}

/** A line for every file that is in no known part and every import that does not point to the left. */
export function wrongWays(sources: readonly Pick<Source, 'path' | 'imports'>[]): string[] {
  return sources.flatMap(({ path, imports }) => {
    const part = partOf(path);
    if (rankOf(part) < 0) return [`${path} is in no part of the house`];
    return imports.flatMap(({ file }) => {
      if (file === undefined) return [];
      const other = partOf(file);
      const inside = file.startsWith('src/') && rankOf(other) >= 0;
      const allowed = inside && (other === part || rankOf(other) < rankOf(part));
      return allowed ? [] : [`${path} imports ${file}`];
    });
  });
}

/** The files of an import cycle, in order; undefined where there is none. Types may refer to each other. */
export function cycle(sources: readonly Pick<Source, 'path' | 'imports'>[]): string[] | undefined {
  const importsOf = new Map(sources.map(({ path, imports }) => [path, imports]));
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (done.has(path)) return undefined;
    done.add(path);
    for (const { file, typeOnly } of importsOf.get(path) ?? []) {
      const found = file === undefined || typeOnly ? undefined : visit(file, [...way, path]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  for (const { path } of sources) {
    const found = visit(path, []);
    if (found !== undefined) return found;
  }
  return undefined;
}
