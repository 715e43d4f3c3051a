// What one source gave for one option, and how a mistake in it is reported.
import type { z } from 'zod';
import { quoted } from '../../service/problem.ts';
import type { OptionSpec } from './option.ts';

/** A place inside a value: `[]` the value itself, `[2, 'match']` a field of its third item. */
export type Path = readonly PropertyKey[];

export interface Given {
  /** The option, as the table calls it. */
  readonly name: string;
  readonly value: unknown;
  /** Where it stands, for people: `--ttl`, `environment variable FINGERPOST_TTL`, `/etc/fp.yaml:7: ttl`. */
  readonly where: (path: Path) => string;
}

/** Something given that is no option at all. */
export interface Stray {
  readonly mistake: string;
}

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly mistakes: readonly string[] };

/** The value at a path, as far as it leads. */
function valueAt(value: unknown, path: Path): unknown {
  if (path.length === 0 || typeof value !== 'object' || value === null) return value;
  const [first = '', ...rest] = path;
  return first in value ? valueAt(Reflect.get(value, first), rest) : value;
}

/** A password in a URL stays out of messages. */
function shown(value: unknown): string {
  return quoted(typeof value === 'string' ? value.replace(/\/\/[^/@]*@/, '//***@') : value);
}

function mistake(given: Given, allowed: string, issue: z.core.$ZodIssue): string {
  const inText = typeof given.value === 'string';
  const wrong = inText && typeof issue.input === 'string' ? issue.input : valueAt(given.value, issue.path);
  const why = issue.code === 'unrecognized_keys' ? `unknown: ${issue.keys.join(', ')}` : issue.message;
  const reason = why === '' ? '' : ` (${why})`;
  return `${given.where(issue.path)}: read ${shown(wrong)}${reason}, allowed: ${allowed}`;
}

/** Reads what was given into the option's value, or says everything that is wrong with it. */
export function checkGiven<T>(spec: OptionSpec<T>, given: Given): Checked<T> {
  // An empty message of its own: zod's wording names types of JavaScript, the table's is for people.
  const parsed = spec.schema.safeParse(given.value, { reportInput: true, error: () => '' });
  if (parsed.success) return { ok: true, value: parsed.data };
  return { ok: false, mistakes: parsed.error.issues.map((issue) => mistake(given, spec.allowed, issue)) };
}
