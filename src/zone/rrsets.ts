// RRsets in the making: no record twice, one CNAME an owner where there may be only one, the smallest TTL for all.
import { latin1 } from '../wire/bytes.ts';
import { Type } from '../wire/codes.ts';
import type { Name } from '../wire/name.ts';
import { type Rdata, typeOf } from '../wire/rdata.ts';

export interface RRset {
  readonly owner: Name;
  readonly type: number;
  /** Seconds, the smallest of its records (RFC 2181 5.2). */
  ttl: number;
  readonly rdatas: Rdata[];
}

interface Growing extends RRset {
  readonly known: Set<string>;
}

export class RRsets {
  readonly #sets = new Map<string, Growing>();

  /** The set of that owner and type, made where there is none: sets come out in the order they were first asked for. */
  of(owner: Name, type: number): RRset {
    return this.#of(owner, type);
  }

  #of(owner: Name, type: number): Growing {
    const key = `${type} ${text(owner)}`;
    let set = this.#sets.get(key);
    if (set === undefined) {
      set = { owner, type, ttl: Number.POSITIVE_INFINITY, rdatas: [], known: new Set() };
      this.#sets.set(key, set);
    }
    return set;
  }

  add(owner: Name, ttl: number, rdata: Rdata): void {
    const set = this.#of(owner, typeOf(rdata));
    set.ttl = Math.min(set.ttl, ttl);
    const key = keyOfRdata(rdata);
    if (set.known.has(key)) return;
    set.known.add(key);
    set.rdatas.push(rdata);
  }

  /** The sets that have records. */
  list(): RRset[] {
    return [...this.#sets.values()].filter((set) => set.rdatas.length > 0);
  }
}

function text(bytes: Uint8Array): string {
  return latin1(bytes, 0, bytes.length);
}

/** Equal for equal RDATA of one type. */
function keyOfRdata(rdata: Rdata): string {
  switch (rdata.type) {
    case Type.A:
    case Type.AAAA:
      return text(rdata.address);
    case Type.CNAME:
    case Type.NS:
    case Type.PTR:
      return text(rdata.target);
    case Type.MX:
      return `${rdata.preference} ${text(rdata.exchange)}`;
    case Type.SRV:
      return `${rdata.priority} ${rdata.weight} ${rdata.port} ${text(rdata.target)}`;
    case Type.TXT:
      return rdata.strings.map(text).join('');
    case Type.HINFO:
      return `${text(rdata.cpu)} ${text(rdata.os)}`;
    case Type.SOA:
      return text(rdata.mname);
    case 'unknown':
      return text(rdata.data);
    default:
      return rdata satisfies never;
  }
}
