// RRsets in the making: no record twice, one CNAME an owner where there may be only one, the smallest TTL for all.
import { latin1, sameBytes } from '../wire/bytes.ts';
import { Type } from '../wire/codes.ts';
import { type Name, sameName } from '../wire/name.ts';
import { type Rdata, typeOf } from '../wire/rdata.ts';

export interface RRset {
  readonly owner: Name;
  readonly type: number;
  /** Seconds, the smallest of its records (RFC 2181 5.2). */
  ttl: number;
  readonly rdatas: Rdata[];
}

/** Most answers have few sets of few records each: so many are compared with each other, more are found by a key. */
const FEW = 8;

class Growing implements RRset {
  readonly owner: Name;
  readonly type: number;
  ttl = Number.POSITIVE_INFINITY;
  readonly rdatas: Rdata[] = [];
  #keys: Set<string> | undefined;

  constructor(owner: Name, type: number) {
    this.owner = owner;
    this.type = type;
  }

  add(rdata: Rdata): void {
    if (this.#has(rdata)) return;
    this.rdatas.push(rdata);
    this.#keys?.add(keyOfRdata(rdata));
  }

  #has(rdata: Rdata): boolean {
    if (this.rdatas.length < FEW) {
      for (const known of this.rdatas) if (sameRdata(known, rdata)) return true;
      return false;
    }
    this.#keys ??= new Set(this.rdatas.map(keyOfRdata));
    return this.#keys.has(keyOfRdata(rdata));
  }
}

export class RRsets {
  readonly #sets: Growing[] = [];
  #byKey: Map<string, Growing> | undefined;

  /** The set of that owner and type, made where there is none: sets come out in the order they were first asked for. */
  of(owner: Name, type: number): RRset {
    return this.#of(owner, type);
  }

  #of(owner: Name, type: number): Growing {
    const known = this.#find(owner, type);
    if (known !== undefined) return known;
    const set = new Growing(owner, type);
    this.#sets.push(set);
    this.#byKey?.set(keyOf(owner, type), set);
    return set;
  }

  #find(owner: Name, type: number): Growing | undefined {
    if (this.#sets.length < FEW) {
      for (const set of this.#sets) if (set.type === type && sameName(set.owner, owner)) return set;
      return undefined;
    }
    this.#byKey ??= new Map(this.#sets.map((set) => [keyOf(set.owner, set.type), set]));
    return this.#byKey.get(keyOf(owner, type));
  }

  add(owner: Name, ttl: number, rdata: Rdata): void {
    const set = this.#of(owner, typeOf(rdata));
    set.ttl = Math.min(set.ttl, ttl);
    set.add(rdata);
  }

  /** The sets that have records. */
  list(): RRset[] {
    return this.#sets.filter((set) => set.rdatas.length > 0);
  }
}

function keyOf(owner: Name, type: number): string {
  return `${type} ${text(owner)}`;
}

function text(bytes: Uint8Array): string {
  return latin1(bytes, 0, bytes.length);
}

/** Whether two RDATA of one type are equal: quicker than by their keys for the types that most answers have. */
function sameRdata(a: Rdata, b: Rdata): boolean {
  if (a.type === Type.A || a.type === Type.AAAA) return b.type === a.type && sameBytes(a.address, b.address);
  if (a.type !== Type.SRV || b.type !== Type.SRV) return keyOfRdata(a) === keyOfRdata(b);
  return (
    a.port === b.port && a.weight === b.weight && a.priority === b.priority && sameName(a.target, b.target)
  );
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
