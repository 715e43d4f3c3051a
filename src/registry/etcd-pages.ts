// Reading a range of etcd page by page, all pages at one revision, the next one under way while one is used.
import type { IKeyValue, IRangeResponse } from 'etcd3';
import type { EtcdEndpoints } from './etcd-endpoints.ts';
import type { KeyRange } from './keys.ts';

export interface RawPage {
  /** The revision of the whole list. */
  readonly revision: number;
  /** How many keys the whole list has. */
  readonly total: number;
  readonly kvs: IKeyValue[];
}

const FIRST_KEYS = 1_000;
const MOST_KEYS = 10_000;
const MOST_BYTES = 16 * 1024 * 1024;
const PAGE_MS = 30_000;

/** The pages of `range`, sorted by key, as of `revision` or else of now; at least one page, perhaps empty. */
export async function* pages(etcd: EtcdEndpoints, range: KeyRange, revision = 0): AsyncGenerator<RawPage> {
  const end = Buffer.from(range.end);
  const fetch = (start: Buffer, limit: number, at: number): Promise<IRangeResponse> =>
    etcd.call(
      ({ kv }, options) => kv.range({ key: start, range_end: end, limit, revision: at }, options),
      at === 0 ? {} : { within: PAGE_MS }, // the first page is small, and tells soon whether anybody is there
    );

  let at = revision;
  let limit = FIRST_KEYS;
  let total: number | undefined;
  let next: Promise<IRangeResponse> | undefined = fetch(Buffer.from(range.start), limit, at);
  while (next !== undefined) {
    const { header, kvs, more, count }: IRangeResponse = await next;
    total ??= Number(count);
    at ||= Number(header.revision);
    limit = nextLimit(kvs);
    const last = kvs.at(-1);
    next = more && last !== undefined ? fetch(Buffer.concat([last.key, Buffer.of(0)]), limit, at) : undefined;
    next?.catch(() => {}); // it is awaited in the next turn; until then a failure is not unhandled
    yield { revision: at, total, kvs };
  }
}

/** Pages grow to `MOST_KEYS` keys, and stay small where values are large. */
function nextLimit(kvs: readonly IKeyValue[]): number {
  let bytes = 1;
  for (const { value } of kvs) bytes += value.length;
  return Math.max(1, Math.min(MOST_KEYS, Math.floor((MOST_BYTES * kvs.length) / bytes)));
}
