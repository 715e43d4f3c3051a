// Whether two servers give the same answers: records as sets, order and SOA serial left out.
import { Packet } from 'dns2';
import { Client, Type } from './ask.ts';

/** Questions under way at once. */
const AT_ONCE = 32;
/** Characters of an answer that are shown where it differs. */
const SHOWN = 500;
const TYPES = [Type.A, Type.SRV, Type.TXT];

/** Questions whose answers differ, with both of them. */
export async function differences(portA: number, portB: number, names: readonly string[]): Promise<string[]> {
  const [a, b] = [await Client.open(portA), await Client.open(portB)];
  const questions = names.flatMap((name) => TYPES.map((type) => ({ name, type })));
  const found: string[] = [];
  try {
    for (let i = 0; i < questions.length; i += AT_ONCE) {
      const some = questions.slice(i, i + AT_ONCE);
      found.push(...(await Promise.all(some.map(({ name, type }) => difference(a, b, name, type)))).flat());
    }
  } finally {
    a.close();
    b.close();
  }
  return found;
}

async function difference(a: Client, b: Client, name: string, type: number): Promise<string[]> {
  const [one, other] = (await Promise.all([a.askWhole(name, type), b.askWhole(name, type)])).map(canonical);
  return one === other ? [] : [`${name} ${type}: ${shortened(one)} / ${shortened(other)}`];
}

function shortened(text = ''): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}... (${text.length} characters)`;
}

/** A reply as text in which only what matters is left. */
export function canonical(reply: Buffer): string {
  const { answers, authorities, additionals } = Packet.parse(reply);
  const flags = `${(reply[2] ?? 0) & ~2}.${reply[3]}`;
  return [flags, ...[answers, authorities, additionals].map(recordsText)].join(' | ');
}

function recordsText(records: readonly object[]): string {
  return records
    .map((record) => JSON.stringify({ ...record, serial: undefined }))
    .sort()
    .join(' ');
}
