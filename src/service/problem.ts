// Why a record, key or name cannot be used: a value, not a throw, since bad records are data.

export interface Problem {
  /** One sentence for people: the field, what was read, what is allowed. */
  readonly problem: string;
}

export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'problem' in value;
}

/** A value as it is quoted in a problem: JSON, cut to a length that fits a log line. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
