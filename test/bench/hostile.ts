// Packets that nobody honest sends.
import { queryBytes, Type } from './harness/ask.ts';
import { serviceAt } from './services.ts';

type Next = () => number;

const below = (next: Next, n: number): number => Math.floor(next() * n);
const byte = (next: Next): number => below(next, 256);

function noise(next: Next, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => byte(next)));
}

function valid(next: Next): Buffer {
  const service = serviceAt(below(next, 200));
  const name = next() < 0.5 ? service.name : service.parent;
  return queryBytes(below(next, 65_536), name, [Type.A, Type.SRV, Type.TXT][below(next, 3)] as number);
}

function header(next: Next, questions: number): Buffer {
  return Buffer.of(byte(next), byte(next), 1, 0, 0, questions, 0, 0, 0, 0, 0, 0);
}

function mutated(next: Next): Buffer {
  const query = valid(next);
  for (let i = below(next, 8); i >= 0; i--) query[below(next, query.length)] = byte(next);
  return query;
}

function truncated(next: Next): Buffer {
  const query = valid(next);
  return query.subarray(0, below(next, query.length));
}

/** Names of pointers: to themselves, to each other, forward, past the end. */
function looping(next: Next): Buffer {
  const pointers = Array.from({ length: 1 + below(next, 40) }, () => [
    0xc0 | below(next, 2),
    below(next, 60),
  ]);
  const label = next() < 0.5 ? [] : [3, 97, 97, 97];
  return Buffer.concat([header(next, 1), Buffer.from(label), Buffer.from(pointers.flat()), noise(next, 4)]);
}

/** Labels without end, of every length byte. */
function longName(next: Next): Buffer {
  const labels = Array.from({ length: below(next, 200) }, () => {
    const length = 1 + below(next, 64);
    return Buffer.concat([Buffer.of(length), Buffer.alloc(length, 97)]);
  });
  return Buffer.concat([header(next, 1), ...labels, Buffer.of(0, 0, 1, 0, 1)]);
}

/** A good question with counts that promise what does not follow, or follows as noise. */
function wrongCounts(next: Next): Buffer {
  const query = Buffer.concat([valid(next), noise(next, below(next, 60))]);
  for (let i = 4; i < 12; i++) query[i] = next() < 0.5 ? (query[i] ?? 0) : byte(next);
  return query;
}

/** A good question with an OPT record of random options (RFC 6891 section 6.1). */
function badOpt(next: Next): Buffer {
  const options = noise(next, below(next, 40));
  const opt = Buffer.of(0, 0, 41, byte(next), byte(next), 0, below(next, 3), byte(next), 0, 0, byte(next));
  const query = Buffer.concat([valid(next), opt, options]);
  query[11] = 1 + below(next, 2);
  return query;
}

function response(next: Next): Buffer {
  const query = valid(next);
  query[2] = 0x80 | byte(next);
  return query;
}

const KINDS = [
  (next: Next) => noise(next, below(next, 1_300)),
  (next: Next) => noise(next, below(next, 40)),
  mutated,
  mutated,
  truncated,
  looping,
  longName,
  wrongCounts,
  badOpt,
  response,
];

/** One hostile packet. */
export function hostile(next: Next): Buffer {
  const kind = KINDS[below(next, KINDS.length)] as (next: Next) => Buffer;
  return kind(next);
}
