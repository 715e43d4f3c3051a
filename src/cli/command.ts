// What a command is: how it is called, which shared options it takes, and what it does.
import type { Command } from 'commander';
import type { Options } from '../app/config.ts';
import type { OptionGroup } from '../app/options/option.ts';
import type { Terminal } from './terminal.ts';

/** One call of a command, its options checked. */
export interface Call {
  readonly arguments: readonly string[];
  /** The command's own switches, as commander names them. */
  readonly own: Readonly<Record<string, unknown>>;
  readonly options: Options;
  /** Reads the options again, from the same flags and the environment and file as they are now. */
  readonly reread: () => Options;
  readonly terminal: Terminal;
}

export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  /** Behind the options in the help text. */
  readonly more?: string;
  readonly examples: readonly string[];
  /** The shared options it takes, of the table in app/options. */
  readonly groups: readonly OptionGroup[];
  /** Declares the arguments and switches that are its own. */
  readonly declare?: (command: Command) => void;
  /** Resolves to the exit code: 0 done, 1 it failed or found something, 2 called wrongly. */
  readonly run: (call: Call) => Promise<number>;
}
