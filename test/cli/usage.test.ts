// Help, versions, and commands called wrongly.
import { describe, expect, it } from 'vitest';
import { optionRows } from '../../src/app/config.ts';
import { commands } from '../../src/cli/program.ts';
import { call } from './call.ts';

const names = commands.map(({ name }) => name);

describe('help', () => {
  it('lists the commands', async () => {
    const { code, out } = await call(['--help']);
    expect(code).toBe(0);
    for (const name of names) expect(out).toContain(`\n  ${name} `);
  });

  it.each(names)('of %s has examples that name it', async (name) => {
    const { code, out } = await call([name, '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`\nExamples:\n {2}\\$ fingerpost ${name}`));
    expect(out).toContain('--config <FILE>');
  });

  it('of serve has every option, its default and its variable', async () => {
    const { out } = await call(['serve', '--help']);
    const text = out.replace(/\s+/g, ' ');
    for (const { flag, variable, spec } of optionRows) {
      expect(text).toContain(`${flag} <${spec.value}> ${spec.help}`);
      expect(text).toContain(`[${variable}]`);
      if (spec.fallback !== undefined) expect(text).toContain(`(default: ${spec.fallback})`);
    }
  });

  it('is shown, as a mistake, where no command is named', async () => {
    const { code, err } = await call([]);
    expect(code).toBe(2);
    expect(err).toContain('Usage: fingerpost');
  });
});

describe('the version', () => {
  it('is that of the package', async () => {
    expect(await call(['--version'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
  });
});

describe('a wrong call', () => {
  it.each([
    [['lss'], "unknown command 'lss'"],
    [['ls', '--registy', 'x'], "unknown option '--registy'"],
    [['put', 'a.skydns.local'], "missing required argument 'json'"],
    [['rm', 'a', 'b'], 'too many arguments'],
    [['serve', '--ttl'], "option '--ttl <S>' argument missing"],
    [['serve', '--ttl', 'abc'], '--ttl: read "abc", allowed: a whole number of seconds'],
    [['serve', '--config', '/nowhere'], '--config: read "/nowhere"'],
    [['lookup'], "missing required argument 'words'"],
    [['lookup', 'a', 'b', 'c'], 'too many words: a b c, allowed: NAME [TYPE] [@ADDR:PORT]'],
    [['lookup', 'a', 'XYZ'], 'type: read "XYZ", allowed: A, NS, CNAME'],
    [['lookup', '@127.0.0.1'], 'which name?'],
    [['lookup', 'a..b'], '"a..b" is not a name: empty label'],
    [['lookup', 'a', '@here'], '@here: "here" is not an IP address, allowed: @ADDR:PORT'],
    [['lookup', 'a', '--timeout', 'soon'], '--timeout: read "soon", allowed: seconds'],
    [['lookup', 'a', '--listen', 'x'], "unknown option '--listen'"],
  ])('%j exits 2 and says why', async (words, complaint) => {
    const { code, out, err } = await call(words);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err.startsWith('fingerpost: ')).toBe(true);
    expect(err).toContain(complaint);
  });

  it('suggests what was meant', async () => {
    expect((await call(['serve', '--lisen', 'x'])).err).toContain('(Did you mean --listen?)');
  });

  it('reports each mistake of the environment on a line of its own', async () => {
    const { code, err } = await call(['ls'], { FINGERPOST_TTL: 'x', FINGERPOST_HTTP: 'y' });
    expect(code).toBe(2);
    expect(err.split('\n').sort()).toEqual([
      expect.stringContaining('fingerpost: environment variable FINGERPOST_HTTP: read "y"'),
      expect.stringContaining('fingerpost: environment variable FINGERPOST_TTL: read "x"'),
    ]);
  });
});
