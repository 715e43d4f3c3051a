// Configuration: flags over environment over YAML file over defaults, every mistake named with its source.
import { FingerpostError } from '../base/errors.ts';
import { checkGiven, type Given, type Stray } from './options/given.ts';
import { flagOf, type OptionSpec, variableOf } from './options/option.ts';
import { type Environment, type Flags, fromEnvironment, fromFile, fromFlags } from './options/sources.ts';
import { table } from './options/table.ts';

export type { ListenAddress } from './options/address.ts';
export { addressText, parseAddress } from './options/address.ts';
export type { Environment, Flags } from './options/sources.ts';
export type { ZoneOption } from './options/zone.ts';

type Table = typeof table;
export type OptionName = keyof Table;

/** Every option, checked. Durations are in seconds, sizes in bytes. */
export type Options = {
  readonly [N in OptionName]: Table[N] extends OptionSpec<infer T> ? T : never;
};

/** Options as a program gives them: the checked form, or the text that a flag would take. */
export type GivenOptions = {
  readonly [N in OptionName]?: Options[N] | string | readonly string[] | undefined;
};

/** The table's rows, for whoever derives something from them. */
export interface OptionRow {
  readonly name: OptionName;
  readonly flag: string;
  readonly variable: string;
  /** The key in the YAML file; undefined for what cannot stand there. */
  readonly key: string | undefined;
  readonly spec: OptionSpec<unknown>;
}

const specs: Readonly<Record<string, OptionSpec<unknown>>> = table;

export const optionRows: readonly OptionRow[] = (Object.keys(table) as OptionName[]).map((name) => ({
  name,
  flag: `--${flagOf(name)}`,
  variable: variableOf(name),
  key: table[name].notInFile === true ? undefined : flagOf(name),
  spec: table[name] as OptionSpec<unknown>,
}));

function fallbacks(): Given[] {
  return optionRows.flatMap(({ name, spec }) => {
    const value = spec.fallbackHere?.() ?? spec.fallback;
    return value === undefined ? [] : [{ name, value, where: () => `the default of ${name}` }];
  });
}

/** Options that make sense only together. */
const PAIRS = [['etcdCert', 'etcdKey']] as const satisfies readonly (readonly [OptionName, OptionName])[];

function unpaired(options: Options): string[] {
  return PAIRS.flatMap(([one, other]) => {
    if ((options[one] === undefined) === (options[other] === undefined)) return [];
    const [there, missing] = options[one] === undefined ? [other, one] : [one, other];
    return [`${flagOf(there)} is given without ${flagOf(missing)}, allowed: both or neither`];
  });
}

function refuse(mistakes: readonly string[]): void {
  if (mistakes.length > 0) throw new FingerpostError('config', mistakes.join('\n'));
}

/** Checks all that was given, weakest source first, and joins it over the defaults. */
function join(given: readonly (Given | Stray)[]): Options {
  const mistakes: string[] = [];
  const values: Record<string, unknown> = {};
  for (const one of [...fallbacks(), ...given]) {
    if ('mistake' in one) {
      mistakes.push(one.mistake);
      continue;
    }
    const spec = specs[one.name];
    if (spec === undefined) continue;
    const checked = checkGiven(spec, one);
    if (checked.ok) values[one.name] = checked.value;
    else mistakes.push(...checked.mistakes);
  }
  refuse(mistakes);
  const options = values as Options;
  refuse(unpaired(options));
  return options;
}

/** The options of a program run; throws FingerpostError('config') that lists all mistakes, one a line. */
export function loadOptions(flags: Flags, environment: Environment): Options {
  const stronger = [...fromEnvironment(specs, environment), ...fromFlags(specs, flags)];
  const config = stronger.findLast((given) => given.name === 'config');
  if (config !== undefined) {
    const checked = checkGiven(table.config, config);
    if (!checked.ok) refuse(checked.mistakes);
  }
  const file = config === undefined ? [] : fromFile(specs, String(config.value));
  return join([...file, ...stronger]);
}

/** The options of a program that embeds the server, the rest at their defaults. */
export function completeOptions(options: GivenOptions = {}): Options {
  const given = Object.entries(options).map(([name, value]) =>
    name in table
      ? { name, value, where: () => `option ${name}` }
      : { mistake: `unknown option ${name}, allowed: ${Object.keys(table).join(', ')}` },
  );
  return join(given.filter((one) => 'mistake' in one || one.value !== undefined));
}
