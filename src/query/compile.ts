// From an outcome to a compiled answer: records laid out once, to be rendered for every query that asks the same.
import { Class, HEADER_LENGTH, MAX_MESSAGE, Rcode, Type } from '../wire/codes.ts';
import { layOut, layOutNegative, type Parts } from '../wire/compiled.ts';
import { writeRecord } from '../wire/message.ts';
import type { Name } from '../wire/name.ts';
import { MAX_OPT_LENGTH } from '../wire/query.ts';
import { Writer } from '../wire/writer.ts';
import type { Outcome } from '../zone/resolve.ts';
import type { RRset } from '../zone/rrsets.ts';
import type { Zone } from '../zone/zones.ts';

type Inside = Exclude<Outcome, { kind: 'external' }>;
type Positive = Extract<Outcome, { kind: 'answer' }>;

const message = new Uint8Array(MAX_MESSAGE);
/** Serial, refresh, retry, expire, minimum: the serial stands 20 bytes before the end of an SOA record (RFC 1035 3.3.13). */
const SOA_TAIL = 20;

/** Compiles the answer to one question name. Not for two threads at once: one scratch message serves all. */
export function compile(name: Name, outcome: Inside): Uint8Array {
  if (outcome.kind === 'nxdomain') return layOutNegative(Rcode.NXDOMAIN, outcome.zone.number);
  if (outcome.kind === 'nodata') return layOutNegative(Rcode.NOERROR, outcome.zone.number);
  return layOut(new Compilation(name).parts(outcome));
}

class Compilation {
  readonly #writer: Writer;
  readonly #start: number;
  readonly #offsets: number[] = [];
  #serialAt = -1;

  constructor(name: Name) {
    this.#start = HEADER_LENGTH + name.length + 4;
    this.#writer = new Writer(message, this.#start, MAX_MESSAGE - MAX_OPT_LENGTH);
    this.#writer.compressAgainst(name);
  }

  parts(outcome: Positive): Parts {
    const answers = this.#sets(outcome.answers);
    // A set cut short would pass for a whole one (RFC 2181 9), so the additional section takes whole sets only.
    const complete = answers === count(outcome.answers);
    const additional = complete ? this.#wholeSets(outcome.additional) : 0;
    return this.#finish(outcome.zone, Rcode.NOERROR, {
      held: outcome.held === true,
      truncated: !complete,
      answers,
      authority: 0,
      additional,
      ...arrangement(outcome.answers, answers),
    });
  }

  #finish(zone: Zone, rcode: Rcode, counted: Counted): Parts {
    return {
      rcode,
      authoritative: true,
      zoneData: true,
      ...counted,
      serialAt: this.#serialAt,
      zone: zone.number,
      offsets: this.#offsets,
      body: message.subarray(this.#start, this.#writer.mark()),
    };
  }

  /** Writes records until one does not fit; how many were written. */
  #sets(sets: readonly RRset[]): number {
    let written = 0;
    for (const set of sets) {
      for (const rdata of set.rdatas) {
        const offset = this.#writer.mark();
        if (!writeRecord(this.#writer, set.owner, Class.IN, set.ttl, rdata)) return written;
        this.#offsets.push(offset - this.#start);
        if (rdata.type === Type.SOA) this.#serialAt = this.#writer.mark() - SOA_TAIL - this.#start;
        written++;
      }
    }
    return written;
  }

  #wholeSets(sets: readonly RRset[]): number {
    let written = 0;
    for (const set of sets) {
      const mark = this.#writer.mark();
      const added = this.#sets([set]);
      if (added < set.rdatas.length) {
        this.#writer.rollback(mark);
        this.#offsets.length -= added;
        break;
      }
      written += added;
    }
    return written;
  }
}

type Arrangement = Pick<Parts, 'alternatives' | 'rotateFrom' | 'rotateCount'>;
type Counted = Arrangement & Pick<Parts, 'held' | 'truncated' | 'answers' | 'authority' | 'additional'>;

const ROTATING: ReadonlySet<number> = new Set([Type.A, Type.AAAA, Type.SRV]);

/** Which of the records written are alternatives of each other, and which change places from query to query. */
function arrangement(sets: readonly RRset[], written: number): Arrangement {
  const first = sets[0];
  const aliases = first?.type === Type.CNAME ? Math.min(first.rdatas.length, written) : 0;
  const inner = sets.slice(aliases > 0 ? 1 : 0);
  const still = inner.some((set) => !ROTATING.has(set.type));
  return {
    alternatives: aliases > 1 ? aliases : 0,
    rotateFrom: aliases,
    rotateCount: still ? 0 : written - aliases,
  };
}

function count(sets: readonly RRset[]): number {
  return sets.reduce((sum, set) => sum + set.rdatas.length, 0);
}
