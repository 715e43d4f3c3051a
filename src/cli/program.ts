// The command line as a whole: argv to a command, and every failure to one line and an exit code.
import { Command, CommanderError } from 'commander';
import { loadOptions } from '../app/config.ts';
import { VERSION } from '../app/version.ts';
import { FingerpostError, messageOf } from '../base/errors.ts';
import { visible } from '../base/unseen.ts';
import { announce } from './announce.ts';
import { check } from './check.ts';
import type { CommandSpec } from './command.ts';
import { explain } from './explain.ts';
import { addFlags, flagsOf } from './flags.ts';
import { load } from './load.ts';
import { lookup } from './lookup.ts';
import { ls } from './ls.ts';
import { put } from './put.ts';
import { rm } from './rm.ts';
import { serve } from './serve.ts';
import { processTerminal, type Terminal } from './terminal.ts';
import { top } from './top.ts';

export const commands: readonly CommandSpec[] = [
  serve,
  announce,
  put,
  rm,
  ls,
  check,
  lookup,
  explain,
  load,
  top,
];

/** Called wrongly, or told something that cannot be: the caller has to change something first. */
const CALLERS_FAULT = new Set(['config', 'record', 'usage']);

function helpEnd({ examples, more }: CommandSpec): string {
  const text = more === undefined ? '' : `\n${more}\n`;
  return `${text}\nExamples:\n${examples.map((line) => `  $ fingerpost ${line}`).join('\n')}`;
}

function addCommand(
  program: Command,
  spec: CommandSpec,
  terminal: Terminal,
  exit: (code: number) => void,
): void {
  const command = program.command(spec.name).description(spec.summary);
  spec.declare?.(command);
  addFlags(command, spec.groups);
  command.addHelpText('after', helpEnd(spec));
  command.action(async () => {
    const own: Record<string, unknown> = command.opts();
    const reread = () => loadOptions(flagsOf(own), terminal.environment);
    exit(await spec.run({ arguments: command.args, own, options: reread(), reread, terminal }));
  });
}

function programOf(terminal: Terminal, exit: (code: number) => void): Command {
  const program = new Command('fingerpost')
    .description('An authoritative DNS server whose zone is the set of service keys in etcd.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(add --help for what is allowed)')
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd().replace(/^error: /, 'fingerpost: ')),
    })
    .addHelpText('after', '\nExit codes: 0 done, 1 it failed or found something, 2 called wrongly.');
  for (const spec of commands) addCommand(program, spec, terminal, exit);
  return program;
}

function report(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (!(error instanceof FingerpostError)) {
    terminal.err(
      `fingerpost: a mistake in the program: ${error instanceof Error ? error.stack : String(error)}`,
    );
    return 1;
  }
  for (const line of messageOf(error).split('\n')) terminal.err(`fingerpost: ${visible(line)}`);
  return CALLERS_FAULT.has(error.code) ? 2 : 1;
}

/** Runs one command line (without `node` and the program) and resolves to its exit code; never rejects. */
export async function main(argv: readonly string[], terminal = processTerminal()): Promise<number> {
  let code = 0;
  try {
    const program = programOf(terminal, (given) => {
      code = given;
    });
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    return report(error, terminal);
  }
}
