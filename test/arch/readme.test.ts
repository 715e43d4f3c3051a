// The README against the program: options, commands and metrics are all there, and what it names exists.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { optionRows } from '../../src/app/config.ts';
import { commands } from '../../src/cli/program.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { codeWords, tableRows } from '../support/markdown.ts';
import { ROOT } from './sources.ts';

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const rows = tableRows(readme);
const words = codeWords(readme);

describe('the README documents', () => {
  it.each(optionRows)(
    '$flag with its variable, default and whether it is live',
    ({ flag, variable, spec }) => {
      const row = rows.find(([first]) => first === `\`${flag} ${spec.value}\``);
      expect(row).toBeDefined();
      const [, environment, fallback = '', meaning] = row!;
      expect(environment).toBe(`\`${variable}\``);
      expect(fallback.replaceAll('`', '')).toBe(spec.fallback ?? 'none');
      expect(meaning?.includes('*live*')).toBe(spec.live === true);
    },
  );

  it('no option that is not there', () => {
    const documented = rows.filter(([, variable]) => variable?.startsWith('`FINGERPOST_'));
    expect(documented).toHaveLength(optionRows.length);
  });

  it('the keys of the file: the flags without their dashes, but for config', () => {
    for (const { flag, key } of optionRows)
      expect(key ?? '--config').toBe(key === undefined ? flag : flag.slice(2));
  });

  it.each(commands)('the command $name and its own flags', ({ name, declare }) => {
    const command = new Command(name);
    declare?.(command);
    const row = rows.find(
      ([first]) => first === `\`fingerpost ${name}\`` || first?.startsWith(`\`fingerpost ${name} `),
    );
    expect(row).toBeDefined();
    for (const { long } of command.options) expect(row!.join(' ')).toContain(`\`${long}`);
  });

  const metrics = createMetrics({ process: false }).families.map(({ name }) => name);

  it.each(metrics)('the metric %s', (name) => {
    expect(rows.filter(([first]) => first === `\`${name}\``)).toHaveLength(1);
  });

  it('no metric that is not there', () => {
    const named = words.filter((word) => /^fingerpost_\w+$/.test(word));
    expect(named.filter((name) => !metrics.includes(name))).toEqual([]);
  });
});

describe('the README names', () => {
  it('files that exist', () => {
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = '']) => path);
    const paths = words.filter((word) => /^(src|test|deploy|\.ci)\/[\w./-]*$/.test(word));
    expect(paths).not.toEqual([]);
    expect([...links, ...paths].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const named = [...readme.matchAll(/npm (?:run (?:-s )?)?(start|test|(?<=run (?:-s )?)\w+)/g)].map(
      ([, name]) => name,
    );
    expect(named).toEqual(expect.arrayContaining(['start', 'test', 'lint', 'bench', 'fingerpost']));
    expect(named.filter((name) => !Object.hasOwn(scripts, name ?? ''))).toEqual([]);
  });
});
