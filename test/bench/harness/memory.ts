// Where a fingerpost's memory goes: by its mappings (proc(5), smaps) and by what its heap says at /metrics.
import { readFileSync } from 'node:fs';
import { numberIn } from './dnsperf.ts';
import { residentBytes } from './proc.ts';
import { type Row, whole } from './results.ts';

export interface Memory {
  readonly resident: number;
  /** The table of answers and the set of names: the one large mapping that is shared between threads. */
  readonly shared: number;
  /** Mapped files: the program and its libraries. */
  readonly files: number;
  /** Objects in use on the main thread's heap. */
  readonly heap: number;
}

/** The names alone reserve more than this, whatever of it is used. */
const LARGE = 500 * 2 ** 20;

interface Mapping {
  readonly writable: boolean;
  readonly file: boolean;
  readonly size: number;
  readonly resident: number;
}

function mappingsOf(pid: number): Mapping[] {
  const parts = readFileSync(`/proc/${pid}/smaps`, 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  return parts.map((text) => {
    const head = text.slice(0, text.indexOf('\n'));
    const field = (name: string) =>
      numberIn(new RegExp(`^${name}: +\\d+ kB$`, 'm').exec(text)?.[0] ?? '') * 1024;
    return {
      writable: / rw-[ps] /.test(head),
      file: head.includes('/'),
      size: field('Size'),
      resident: field('Rss'),
    };
  });
}

/** `http` is where its metrics are. */
export async function memoryOf(pid: number, http: string): Promise<Memory> {
  const metrics = await (await fetch(`http://${http}/metrics`)).text();
  const mappings = mappingsOf(pid);
  const sum = (of: (one: Mapping) => boolean) =>
    mappings.filter(of).reduce((all, one) => all + one.resident, 0);
  return {
    resident: residentBytes(pid),
    shared: sum(({ writable, file, size }) => writable && !file && size > LARGE),
    files: sum(({ file }) => file),
    heap: numberIn(/^nodejs_heap_size_used_bytes (\d+)$/m.exec(metrics)?.[1] ?? ''),
  };
}

/** What the whole consists of. */
export function memoryRows(own: Memory): Row[] {
  const rest = own.resident - own.shared - own.files - own.heap;
  const rows: readonly (readonly [string, number])[] = [
    ['table of answers and set of names', own.shared],
    ['objects of the tree and of the table on the heap', own.heap],
    ['the program itself and its libraries', own.files],
    ['the rest: room of the heap, code, buffers, stacks', rest],
  ];
  return rows.map(([name, bytes]) => ({
    name: `memory: of it, ${name}`,
    value: `${whole(bytes / 2 ** 20)} MiB`,
  }));
}
