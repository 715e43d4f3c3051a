// A reply as text, in the manner of dig's sections.
import { Packet } from 'dns2';
import { addressText, type ListenAddress } from '../app/config.ts';
import { visible } from '../base/unseen.ts';
import { Rcode, typeName } from '../wire/codes.ts';
import { columns } from './columns.ts';
import { counted } from './counted.ts';
import type { Reply } from './dns-client.ts';

type Resource = Packet['answers'][number];

function byteEscape(c: string): string {
  return `\\${String(c.charCodeAt(0)).padStart(3, '0')}`;
}

/** dns2 gives one character a byte, and no final dot. */
function nameText(name: string | undefined): string {
  return `${(name ?? '').replace(/[^!-~]/g, byteEscape)}.`;
}

function stringText(text: string): string {
  const quoted = text.replace(/["\\]/g, '\\$&').replace(/\p{Cc}/gu, byteEscape);
  return `"${visible(quoted)}"`;
}

/** One or more character-strings, each led by its length (RFC 1035 3.3). */
function characterStrings(bytes: Buffer): string {
  const texts: string[] = [];
  for (let i = 0; i < bytes.length; i += 1 + (bytes[i] ?? 0))
    texts.push(stringText(bytes.subarray(i + 1, i + 1 + (bytes[i] ?? 0)).toString()));
  return texts.join(' ');
}

/** What dns2 does not know it leaves as bytes; RFC 3597 5 says how to write those. */
function unknownData(data: unknown): string {
  if (!Buffer.isBuffer(data)) return '';
  return `\\# ${data.length} ${data.toString('hex')}`.trimEnd();
}

function soaText(soa: Resource): string {
  const numbers = [soa.serial, soa.refresh, soa.retry, soa.expiration, soa.minimum];
  return `${nameText(soa.primary)} ${nameText(soa.admin)} ${numbers.join(' ')}`;
}

function dataText(record: Resource): string {
  switch (typeName(record.type)) {
    case 'A':
    case 'AAAA':
      return record.address ?? '';
    case 'NS':
      return nameText(record.ns);
    case 'CNAME':
    case 'PTR':
      return nameText(record.domain);
    case 'MX':
      return `${record.priority} ${nameText(record.exchange)}`;
    case 'SRV':
      return `${record.priority} ${record.weight} ${record.port} ${nameText(record.target)}`;
    case 'SOA':
      return soaText(record);
    case 'TXT':
      return [record.data ?? []].flat().map(stringText).join(' ');
    case 'TYPE257': // CAA, which dns2 reads
      return `${record.flags} ${visible(record.tag ?? '')} ${stringText(record.value ?? '')}`;
    case 'HINFO':
      return Buffer.isBuffer(record.data) ? characterStrings(record.data) : '';
    default:
      return unknownData(record.data);
  }
}

function section(title: string, records: readonly Resource[]): string[] {
  // OPT speaks of the message, not of the zone.
  const shown = records.filter(({ type }) => type !== Packet.TYPE.EDNS);
  if (shown.length === 0) return [];
  const rows = shown.map((one) => [
    nameText(one.name),
    String(one.ttl),
    'IN',
    typeName(one.type),
    dataText(one),
  ]);
  return ['', `;; ${title}`, ...columns(rows, ['left', 'right', 'left', 'left', 'left'])];
}

export function rcodeText(code: number): string {
  return Object.entries(Rcode).find(([, value]) => value === code)?.[0] ?? `RCODE${code}`;
}

function flagsText(header: Packet['header']): string {
  return (['qr', 'aa', 'tc', 'rd', 'ra'] as const).filter((flag) => header[flag] === 1).join(' ');
}

/** dns2 leaves out records that it cannot read; that must not pass unseen. */
function unread({ header, answers, authorities, additionals }: Packet): number {
  // The types of dns2 leave the counts out.
  const count = (field: string) => Number(Reflect.get(header, field));
  const read = answers.length + authorities.length + additionals.length;
  return count('ancount') + count('nscount') + count('arcount') - read;
}

/** The lines to print for a reply. */
export function replyLines({ packet, transport, ms, bytes }: Reply, server: ListenAddress): string[] {
  const { header } = packet;
  const missing = unread(packet);
  return [
    `;; ${rcodeText(header.rcode)}, flags: ${flagsText(header)}, ${counted(packet.answers.length, 'answer')}`,
    ...section('ANSWER', packet.answers),
    ...section('AUTHORITY', packet.authorities),
    ...section('ADDITIONAL', packet.additionals),
    ...(missing > 0 ? ['', `;; ${counted(missing, 'record')} could not be read`] : []),
    '',
    `;; from ${addressText(server)} over ${transport}, ${bytes} bytes, ${Math.ceil(ms)} ms`,
  ];
}
