// What an option is: one row of the table from which flags, environment, file keys and help are derived.
import type { z } from 'zod';

/** Which commands take it: all of them, those that use the registry, those that look at zones, those that log, only `serve`. */
export type OptionGroup = 'all' | 'registry' | 'zone' | 'log' | 'serve';

export interface OptionSpec<T> {
  readonly group: OptionGroup;
  /** How the value is called in the help text. */
  readonly value: string;
  readonly help: string;
  /** For a message about a mistake: what would be right. */
  readonly allowed: string;
  /** The default in text form, as it is documented; undefined where there is none. */
  readonly fallback: string | undefined;
  /** The default on this machine, where that depends on the machine. */
  readonly fallbackHere?: () => string;
  /** May be given several times; lists of a stronger source replace weaker ones. */
  readonly repeated?: boolean;
  /** A change takes effect on reload, without a restart. */
  readonly live?: boolean;
  /** Cannot stand in the YAML file. */
  readonly notInFile?: boolean;
  readonly schema: z.ZodType<T>;
}

/** An option that always has a value. */
export function option<T>(spec: OptionSpec<T> & { readonly fallback: string }): OptionSpec<T> {
  return spec;
}

/** An option that may be absent. */
export function optional<T>(spec: Omit<OptionSpec<T>, 'fallback'>): OptionSpec<T | undefined> {
  return { ...spec, fallback: undefined, schema: spec.schema.optional() };
}

/** `negativeTtl` is `negative-ttl` on the command line and in the file. */
export function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `negativeTtl` is `FINGERPOST_NEGATIVE_TTL` in the environment. */
export function variableOf(name: string): string {
  return `FINGERPOST_${flagOf(name).replaceAll('-', '_').toUpperCase()}`;
}
