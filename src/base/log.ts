// The logger that every part is handed. pino fits it; tests hand in their own.

/** One line: fields for programs, a sentence for people. */
export type LogLine = (fields: Readonly<Record<string, unknown>>, message: string) => void;

export interface Logger {
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
}

const ignore: LogLine = () => {};

/** A logger that says nothing. */
export const silent: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
