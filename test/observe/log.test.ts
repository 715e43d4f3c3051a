// The log as programs read it, and as people do.
import { describe, expect, it } from 'vitest';
import { openLog } from '../../src/observe/log.ts';

function target(isTerminal = false) {
  const lines: string[] = [];
  return { lines, isTerminal, write: (line: string) => lines.push(line) };
}

describe('JSON lines', () => {
  it('have level, time, fields and a sentence', () => {
    const to = target();
    openLog('info', 'json', to).warn({ key: '/skydns/a' }, 'left out');
    const line = JSON.parse(to.lines.join(''));
    expect(line).toMatchObject({ level: 'warn', key: '/skydns/a', msg: 'left out' });
    expect(new Date(line.time).getTime()).toBeGreaterThan(0);
  });

  it('tell an error with its causes', () => {
    const to = target();
    openLog('info', 'json', to).error({ cause: new Error('no', { cause: new Error('why') }) }, 'failed');
    expect(JSON.parse(to.lines.join(''))).toMatchObject({ cause: 'no: why' });
  });
});

describe('the level', () => {
  it('leaves out what is below it, and can change', () => {
    const to = target();
    const log = openLog('warn', 'json', to);
    log.info({}, 'one');
    log.setLevel('debug');
    log.debug({}, 'two');
    expect(to.lines.map((line) => JSON.parse(line).msg)).toEqual(['two']);
  });
});

describe('the format', () => {
  it('hold nothing raw that a terminal obeys or that reorders text, and say the same', () => {
    const to = target();
    const name = 'a\x1b[2J\u009b31m\u200f\u202e\u2028\x7f "ü\\u200f"';
    openLog('info', 'json', to).info({ name }, 'said');
    expect(to.lines[0]!.trimEnd()).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028]/u);
    expect(JSON.parse(to.lines[0]!)).toMatchObject({ name });
  });

  it('auto is JSON in a file and pretty on a terminal', () => {
    const [file, terminal] = [target(), target(true)];
    openLog('info', 'auto', file).info({}, 'hello');
    openLog('info', 'auto', terminal).info({}, 'hello');
    expect(file.lines[0]).toMatch(/^\{/);
    expect(terminal.lines[0]).toMatch(/INFO.*hello/);
  });

  it('pretty is one line, in which nothing drives the terminal', () => {
    const to = target();
    const hostile = 'a\u001b[2J\nb\\n"\u009b\u0007\u200f';
    openLog('info', 'pretty', to).info({ text: hostile, nested: { [hostile]: [hostile] } }, hostile);
    const text = to.lines.join('');
    expect(text.trimEnd()).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    expect(text).toContain('\\u001b[2J\\nb');
  });
});
