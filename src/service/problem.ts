// Why a record, key or name cannot be used: a value, not a throw, since bad records are data.

export interface Problem {
  /** One sentence for people: the field, what was read, what is allowed. */
  readonly problem: string;
}

export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'problem' in value;
}

/**
 * A value as it is quoted in a problem: JSON, cut to a length that fits a log line. Of what is nested only the outermost
 * level is shown: values that are nested very deeply can be read, and not be written again.
 */
export function quoted(value: unknown): string {
  let isTop = true;
  const shown = (_: string, inner: unknown): unknown => {
    if (!isTop && typeof inner === 'object' && inner !== null)
      return Array.isArray(inner) ? '[...]' : '{...}';
    isTop = false;
    return inner;
  };
  const text = JSON.stringify(value, shown) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
