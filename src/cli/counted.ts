// Numbers with their nouns: `1 service`, `12 services`.

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
