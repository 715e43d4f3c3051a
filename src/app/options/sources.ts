// The places that options come from: what each of them gives, in the form that is checked.

import type { Given, Stray } from './given.ts';
import { flagOf, type OptionSpec, variableOf } from './option.ts';
import { suggestion } from './suggest.ts';
import { readYaml, type YamlEntry } from './yaml.ts';

type Table = Readonly<Record<string, OptionSpec<unknown>>>;

/** Values as a command line has them, by option name: a text, or texts where the flag was repeated. */
export type Flags = Readonly<Record<string, string | readonly string[] | undefined>>;
export type Environment = Readonly<Record<string, string | undefined>>;

export function fromFlags(table: Table, flags: Flags): Given[] {
  return Object.keys(table).flatMap((name) => {
    const value = flags[name];
    if (value === undefined) return [];
    const text = typeof value === 'string' ? value : value.join(',');
    return [{ name, value: text, where: () => `--${flagOf(name)}` }];
  });
}

/** An empty variable counts as unset; unknown ones are left alone, since Kubernetes sets FINGERPOST_PORT and others. */
export function fromEnvironment(table: Table, environment: Environment): Given[] {
  return Object.keys(table).flatMap((name) => {
    const variable = variableOf(name);
    const value = environment[variable];
    if (value === undefined || value === '') return [];
    return [{ name, value, where: () => `environment variable ${variable}` }];
  });
}

function unknownKey(path: string, { key, keyLine }: YamlEntry, known: readonly string[]): string {
  const meant = suggestion(key, known);
  const rest = meant === undefined ? `allowed: ${known.join(', ')}` : `did you mean "${meant}"?`;
  return `${path}:${keyLine}: unknown key "${key}", ${rest}`;
}

/** In the order of the file. Throws FingerpostError('config') where it cannot be read or is not YAML. */
export function fromFile(table: Table, path: string): (Given | Stray)[] {
  const names = new Map(
    Object.entries(table).flatMap(([name, spec]) => (spec.notInFile === true ? [] : [[flagOf(name), name]])),
  );
  return readYaml(path).entries.map((entry) => {
    const name = names.get(entry.key);
    if (name === undefined) return { mistake: unknownKey(path, entry, [...names.keys()]) };
    return { name, value: entry.value, where: (at) => `${path}:${entry.lineOf(at)}: ${entry.key}` };
  });
}
