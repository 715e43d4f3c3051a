// Errors at the edges: one class, a code to switch on, a message for people, the cause kept.

/** What went wrong, for programs. */
export type ErrorCode =
  | 'config' // an option is wrong: exits 2 before a port is opened
  | 'record' // a service record or its name cannot be used
  | 'registry' // the registry refused or failed
  | 'unavailable' // the registry (or a server) cannot be reached
  | 'listen' // a port cannot be opened
  | 'file' // a file cannot be opened
  | 'usage'; // a command was called wrongly

/** An error that a person will read: `message` names source, place, value and what is allowed. */
export class FingerpostError extends Error {
  override readonly name = 'FingerpostError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The message of anything that was thrown, with the messages of its causes behind it. */
export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const inner = thrown.cause === undefined ? '' : `: ${messageOf(thrown.cause)}`;
  return `${thrown.message}${inner}`;
}
