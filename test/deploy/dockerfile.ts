// A Dockerfile as its instructions: what of the format this repository's own needs, and an error for the rest.

const KNOWN = new Set(
  'ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL RUN STOPSIGNAL USER VOLUME WORKDIR'.split(' '),
);

export interface Instruction {
  readonly name: string;
  /** Flags such as `--from=build`, by name. */
  readonly flags: Readonly<Record<string, string>>;
  /** The rest as words; those of a JSON list as they are. */
  readonly words: readonly string[];
  readonly line: number;
}

export interface Stage {
  readonly base: string;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** Lines joined where they end in a backslash; comments and empty lines left out. */
function logicalLines(text: string): { text: string; line: number }[] {
  const joined: { text: string; line: number }[] = [];
  let open = false;
  for (const [i, line] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const piece = line.replace(/\\$/, '').trim();
    const last = joined.at(-1);
    if (open && last !== undefined) last.text += ` ${piece}`;
    else joined.push({ text: piece, line: i + 1 });
    open = line.endsWith('\\');
  }
  return joined;
}

function instructionOf({ text, line }: { text: string; line: number }): Instruction {
  const [, name = '', flagText = '', rest = ''] = /^([A-Z]+)\s+((?:--\S+\s+)*)(.*)$/.exec(text) ?? [];
  if (!KNOWN.has(name)) throw new Error(`line ${line}: no instruction that is known: ${text}`);
  const flags = flagText.split(/\s+/).filter(Boolean);
  const list = rest.indexOf('[');
  const isList = list >= 0 && /^(CMD )?$/.test(rest.slice(0, list));
  const words = isList
    ? [...rest.slice(0, list).split(' ').filter(Boolean), ...(JSON.parse(rest.slice(list)) as string[])]
    : rest.split(/\s+/);
  return {
    name,
    flags: Object.fromEntries(flags.map((flag) => flag.slice(2).split('=', 2))) as Record<string, string>,
    words,
    line,
  };
}

/** Its stages in order; throws at what is no Dockerfile. */
export function stagesOf(text: string): Stage[] {
  const stages: (Stage & { instructions: Instruction[] })[] = [];
  for (const instruction of logicalLines(text).map(instructionOf)) {
    if (instruction.name === 'FROM') {
      const [base = '', as, name] = instruction.words;
      if (as !== undefined && as !== 'AS') throw new Error(`line ${instruction.line}: FROM ... ${as}`);
      stages.push({ base, name, instructions: [] });
    } else {
      const stage = stages.at(-1);
      if (stage === undefined) throw new Error(`line ${instruction.line}: before the first FROM`);
      stage.instructions.push(instruction);
    }
  }
  return stages;
}
