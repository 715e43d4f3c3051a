// What was asked and answered, by address, zone and more, under the names that CoreDNS has for them.

import type { Tallies } from '../transport/tallies.ts';
import {
  COUNTED_TYPES,
  DURATION_BOUNDS_US,
  FAMILIES,
  RCODES,
  Row,
  SIZE_BOUNDS,
  type Tally,
} from '../transport/tally.ts';
import { rcodeName } from '../wire/codes.ts';
import { type Family, histogramLines, type Labels, line } from './family.ts';

/** In words of the protocol; `other` for one that only other servers say. */
export function countedRcode(rcode: number): string {
  return rcode === RCODES - 1 ? 'other' : rcodeName(rcode);
}

export const DURATION_BOUNDS = DURATION_BOUNDS_US.map((us) => us / 1e6);

/** Tallies that are shown as one. */
interface Group {
  readonly server: string;
  readonly proto: string;
  readonly tallies: Tally[];
}

function groupsOf({ all }: Tallies, byProto: boolean): Iterable<Group> {
  const groups = new Map<string, Group>();
  for (const { server, proto, tally } of all) {
    const key = byProto ? `${server} ${proto}` : server;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { server, proto, tallies: [tally] });
    else group.tallies.push(tally);
  }
  return groups.values();
}

/** Adds the counts of a zone to `sums`; whether there are any. */
function addRow(tallies: Iterable<Tally>, zone: number, sums: Float64Array): boolean {
  let any = false;
  for (const tally of tallies) {
    const row = tally.row(zone);
    for (let i = 0; i < row.length; i++) {
      const count = row[i] as number;
      if (count === 0) continue;
      any = true;
      sums[i] = (sums[i] as number) + count;
    }
  }
  return any;
}

/** All counts of all zones and threads. */
export function sumOf({ all }: Tallies, zones: number): Float64Array {
  const sums = new Float64Array(Row.LENGTH);
  const tallies = all.map(({ tally }) => tally);
  for (let zone = 0; zone <= zones; zone++) addRow(tallies, zone, sums);
  return sums;
}

/** The families of what `tallies` holds; `zones` are the names of the zones in order, `.` stands for what lies in none. */
export function dnsFamilies(tallies: Tallies, zones: readonly string[]): Family[] {
  const names = ['.', ...zones];
  /** Lines for each group and zone of which anything was counted. */
  function* each(byProto: boolean, show: (labels: Labels, sums: Float64Array) => Iterable<string>) {
    const sums = new Float64Array(Row.LENGTH);
    for (const { server, proto, tallies: all } of groupsOf(tallies, byProto)) {
      for (const [zone, name] of names.entries()) {
        sums.fill(0);
        if (!addRow(all, zone, sums)) continue;
        const labels: Labels = [
          ['server', server],
          ['zone', name],
        ];
        yield* show(byProto ? [...labels, ['proto', proto]] : labels, sums);
      }
    }
  }
  const histogram = (
    name: string,
    help: string,
    byProto: boolean,
    bounds: readonly number[],
    [from, sumAt, unit]: readonly [number, number, number],
  ): Family => ({
    name,
    help,
    kind: 'histogram',
    lines: () =>
      each(byProto, (labels, sums) => [
        histogramLines(name, labels, bounds, sums.subarray(from), (sums[sumAt] as number) / unit),
      ]),
  });
  const requests = 'fingerpost_dns_requests_total';
  const responses = 'fingerpost_dns_responses_total';
  return [
    {
      name: requests,
      help: 'Questions that were answered, by the address asked, the zone, how they came and what they asked for.',
      kind: 'counter',
      lines: () => each(true, (labels, sums) => requestLines(requests, labels, sums)),
    },
    {
      name: responses,
      help: 'Replies to them.',
      kind: 'counter',
      lines: () => each(false, (labels, sums) => responseLines(responses, labels, sums)),
    },
    histogram(
      'fingerpost_dns_request_duration_seconds',
      'Time from taking a question in to its reply.',
      false,
      DURATION_BOUNDS,
      [Row.DURATION, Row.DURATION_US, 1e6],
    ),
    histogram('fingerpost_dns_request_size_bytes', 'Sizes of the questions.', true, SIZE_BOUNDS, [
      Row.REQUEST_SIZE,
      Row.REQUEST_BYTES,
      1,
    ]),
    histogram('fingerpost_dns_response_size_bytes', 'Sizes of the replies.', true, SIZE_BOUNDS, [
      Row.REPLY_SIZE,
      Row.REPLY_BYTES,
      1,
    ]),
  ];
}

function* requestLines(name: string, labels: Labels, sums: Float64Array): Iterable<string> {
  for (const [family, familyName] of FAMILIES.entries()) {
    for (const [place, type] of COUNTED_TYPES.entries()) {
      const count = sums[Row.TYPE + family * COUNTED_TYPES.length + place] as number;
      if (count > 0) yield line(name, [...labels, ['family', familyName], ['type', type]], count);
    }
  }
}

function* responseLines(name: string, labels: Labels, sums: Float64Array): Iterable<string> {
  for (let rcode = 0; rcode < RCODES; rcode++) {
    const count = sums[Row.RCODE + rcode] as number;
    if (count > 0) yield line(name, [...labels, ['rcode', countedRcode(rcode)]], count);
  }
}
