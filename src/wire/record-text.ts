// Records as people read them: presentation format (RFC 1035 5.1), special bytes escaped.
import { ipv4Text, ipv6Text } from './address.ts';
import { Type } from './codes.ts';
import { nameToText } from './name.ts';
import type { Rdata } from './rdata.ts';

/** A character-string: what is not printable ASCII as \DDD. */
function quoted(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1');
  const escaped = (c: string): string =>
    c === '"' || c === '\\' ? `\\${c}` : `\\${String(c.charCodeAt(0)).padStart(3, '0')}`;
  return `"${text.replace(/[^ -~]|["\\]/g, escaped)}"`;
}

/** The data of a record: `10 50 8080 1.rails.skydns.local.`; RFC 3597 5 where its type is not known. */
export function rdataText(rdata: Rdata): string {
  switch (rdata.type) {
    case Type.A:
      return ipv4Text(rdata.address);
    case Type.AAAA:
      return ipv6Text(rdata.address);
    case Type.NS:
    case Type.CNAME:
    case Type.PTR:
      return nameToText(rdata.target);
    case Type.MX:
      return `${rdata.preference} ${nameToText(rdata.exchange)}`;
    case Type.SRV:
      return `${rdata.priority} ${rdata.weight} ${rdata.port} ${nameToText(rdata.target)}`;
    case Type.TXT:
      return rdata.strings.map(quoted).join(' ');
    case Type.HINFO:
      return `${quoted(rdata.cpu)} ${quoted(rdata.os)}`;
    case Type.SOA: {
      const { mname, rname, serial, refresh, retry, expire, minimum } = rdata;
      return `${nameToText(mname)} ${nameToText(rname)} ${serial} ${refresh} ${retry} ${expire} ${minimum}`;
    }
    case 'unknown':
      return `\\# ${rdata.data.length} ${Buffer.from(rdata.data).toString('hex')}`.trimEnd();
    default:
      return rdata satisfies never;
  }
}
