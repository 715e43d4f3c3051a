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
    [['announce', 'a.skydns.local', '--port', '1'], "required option '--host <addr>' not specified"],
    [
      ['announce', 'a..b', '--host', '::1', '--port', '1', '--label', 'x'],
      'x.a..b would not be served: "x.a..b" is not a name',
    ],
    [
      ['announce', 'a', '--host', '::1', '--port', '0'],
      '--port: read "0", allowed: a whole number from 1 to 65535',
    ],
    [['announce', '', '--host', '::1', '--port', '1'], 'NAME: read "", allowed: the name of a service'],
    [['announce', 'a', '--host', '', '--port', '1'], '--host: read "", allowed: something'],
    [['announce', 'a', '--host', '10.0.0.256', '--port', '1', '--label', 'x'], 'its last label is a number'],
    [['announce', 'a', '--host', '::1', '--port', '1', '--label', 'x.y'], '"x.y" is not one label'],
    [
      ['announce', 'a', '--host', '::1', '--port', '1', '--weight', '65536'],
      '--weight: read "65536", allowed',
    ],
    [['announce', 'a', '--host', '::1', '--port', '1', '--ttl', 'x'], '--ttl: read "x", allowed'],
    [['announce', 'a', '--host', '::1', '--port', '1', '--srv', 'http'], '"http" is no service and protocol'],
    [['announce', 'a', '--host', 'b.c', '--port', '1', '--reverse'], 'a PTR record needs an address'],
    [
      ['announce', 'a', '--host', '::1', '--port', '1', '--check', 'udp'],
      '--check: read "udp", allowed: tcp,',
    ],
    [
      ['announce', 'a', '--host', '::1', '--port', '1', '--check', 'tcp://x'],
      '--check: read "tcp://x", allowed',
    ],
    [
      ['announce', 'a', '--host', '::1', '--port', '1', '--check', 'tcp://x:0'],
      '--check: read "tcp://x:0", allowed',
    ],
    [['announce', 'a', '--host', '::1', '--port', '1', '--rise', '2'], '--rise goes with --check'],
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
