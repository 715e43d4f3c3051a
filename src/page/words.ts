// How numbers, times, names and texts are written for people. Pure.

/** What has no shape of its own, or changes the direction of what follows. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|[\ud800-\udfff]/gu;

/** A text with all that cannot be seen in it made visible. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

/** A label, one character a byte, in presentation form (RFC 1035 5.1). */
export function labelText(label: string): string {
  return label.replace(/[^!-~]|[.\\"();@$]/g, (char) => {
    const code = char.charCodeAt(0);
    return code > 0x20 && code < 0x7f ? `\\${char}` : `\\${String(code).padStart(3, '0')}`;
  });
}

/** The name of a path: labels root first, `/` between them. */
export function nameText(path: string): string {
  return path === '' ? '.' : path.split('/').reverse().map(labelText).join('.');
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

export function count(value: number): string {
  return whole.format(value);
}

/** `1 service`, `2 services`. */
export function counted(value: number, what: string): string {
  return `${count(value)} ${what}${value === 1 ? '' : 's'}`;
}

/** A rate: few digits, since it moves. */
export function rate(value: number): string {
  if (value >= 10_000) return short.format(value);
  return value > 0 && value < 10 ? value.toFixed(1) : count(value);
}

const twoDigits = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });

/** Seconds as a latency. */
export function latency(seconds: number): string {
  if (seconds < 0.001) return `${twoDigits.format(seconds * 1e6)} µs`;
  return seconds < 1 ? `${twoDigits.format(seconds * 1e3)} ms` : `${twoDigits.format(seconds)} s`;
}

/** Milliseconds as `2 h 5 min`, `3 min 20 s`, `12 s`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24];
  const minutes = Math.floor(seconds / 60) % 60;
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** Milliseconds since 1970 as a time of day, with the day where that is another one. */
export function time(ms: number, now = Date.now()): string {
  const at = new Date(ms);
  const day = at.toDateString() === new Date(now).toDateString() ? '' : `${at.toLocaleDateString()} `;
  return day + at.toLocaleTimeString([], { hour12: false });
}
