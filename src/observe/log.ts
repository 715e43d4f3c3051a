// The log: JSON lines for programs, pretty on a terminal. The one file that imports pino.
import { pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { messageOf } from '../base/errors.ts';
import type { Logger, LogLine } from '../base/log.ts';
import { visibleJson } from '../base/unseen.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFormat = 'auto' | 'json' | 'pretty';

/** A logger whose level can change while it runs. */
export interface Log extends Logger {
  setLevel(level: LogLevel): void;
}

/** Where lines go. */
export interface LogTarget {
  write(line: string): unknown;
  /** A person is looking. */
  readonly isTerminal: boolean;
}

/** Written before the call returns, so that the last line before an exit is never lost. */
export function standardError(): LogTarget {
  const stream = pino.destination({ dest: 2, sync: true });
  return { write: (line) => stream.write(line), isTerminal: process.stderr.isTTY === true };
}

/** Escapes as text, so that a stranger's name or text cannot drive the terminal. */
function harmless(json: string): string {
  return json.replace(/\\(u[0-9a-f]{4}|.)/gi, (whole, what: string) =>
    what === '\\' || what === '"' ? whole : `\\${whole}`,
  );
}

/** A whole line of JSON in, a line for people out. */
function pretty(target: LogTarget): { write(line: string): void } {
  const format = prettyFactory({
    colorize: target.isTerminal && process.env.NO_COLOR === undefined,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
  });
  return { write: (line) => target.write(format(harmless(visibleJson(line)))) };
}

/** The same line without anything in it that a terminal obeys, when it is looked at. */
function lines(target: LogTarget): { write(line: string): void } {
  return { write: (line) => target.write(visibleJson(line)) };
}

/** Errors as one sentence, causes behind it; `cause` is what the parts call it. */
const serializers = { cause: messageOf, error: messageOf, err: messageOf };

/** Opens a log at a level; `auto` is pretty where a person is looking. */
export function openLog(level: LogLevel, format: LogFormat, target: LogTarget = standardError()): Log {
  const asPretty = format === 'pretty' || (format === 'auto' && target.isTerminal);
  const logger = pino(
    {
      level,
      base: null,
      serializers,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    asPretty ? pretty(target) : lines(target),
  );
  const line =
    (name: LogLevel): LogLine =>
    (fields, message) =>
      logger[name](fields, message);
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    setLevel(next) {
      logger.level = next;
    },
  };
}
