// The table of options as commander's flags.
import { type Command, Option } from 'commander';
import { type Flags, type OptionRow, optionRows } from '../app/config.ts';
import type { OptionGroup } from '../app/options/option.ts';

function helpOf({ spec, variable }: OptionRow): string {
  const many = spec.repeated === true ? '; repeatable' : '';
  const fallback = spec.fallback === undefined ? '' : ` (default: ${spec.fallback})`;
  return `${spec.help}${many}${fallback} [${variable}]`;
}

/** Collects the values of a flag that may be given several times. */
export function repeated(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

function flag(row: OptionRow): Option {
  const option = new Option(`${row.flag} <${row.spec.value}>`, helpOf(row));
  return row.spec.repeated === true ? option.argParser(repeated) : option;
}

/** Adds the options of these groups to a command. */
export function addFlags(command: Command, groups: readonly OptionGroup[]): void {
  for (const row of optionRows)
    if (row.spec.group === 'all' || groups.includes(row.spec.group)) command.addOption(flag(row));
}

/** The options of the table among what commander has read. */
export function flagsOf(read: Readonly<Record<string, unknown>>): Flags {
  return Object.fromEntries(
    optionRows.flatMap(({ name }) =>
      name in read ? [[name, read[name] as string | readonly string[]]] : [],
    ),
  );
}
