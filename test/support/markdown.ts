// A Markdown file as its fenced blocks, tables and links.

export interface Block {
  /** The first word behind the fence: `sh`, `text`, `ts`. */
  readonly language: string;
  /** What follows it: `run`, `serve`, `sorted`; empty for a block that is only to be read. */
  readonly mark: string;
  readonly text: string;
  /** The line that it begins on. */
  readonly line: number;
}

/** The fenced blocks, in order; inside list items too, their indentation removed. */
export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^( *)```(\w+)(?: (\w+))?\n([\s\S]*?)^\1```$/gm)].map((match) => {
    const [, indent = '', language = '', mark = '', text = ''] = match;
    const line = markdown.slice(0, match.index).split('\n').length;
    return { language, mark, text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''), line };
  });
}

/** The rows of all tables, each as its cells. */
export function tableRows(markdown: string): string[][] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    );
}

/** Everything between backticks outside of fenced blocks. */
export function codeWords(markdown: string): string[] {
  const prose = markdown.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}
