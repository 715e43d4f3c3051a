// Replies to one question that differ only in what rotates are the same.

/** CNAMEs of the owner asked for are sent one at a time: which one is left out of the comparison. */
export function comparable(lines: readonly string[], question: string): string {
  const [owner = '', type = ''] = question.split(' ');
  const asked = `${owner}. `;
  const rest = lines.filter((line) => !(line.startsWith(asked) && line.includes(' CNAME ')));
  const cname =
    rest.length < lines.length || type === 'CNAME' ? [`${asked} CNAME ${lines.length - rest.length}`] : [];
  return [...cname, ...rest].sort().join('\n');
}
