// What a query carries on its way from server to server so that it does not go round in circles: whom it has passed.
import { at, putU16, u16 } from '../wire/bytes.ts';
import { Type } from '../wire/codes.ts';
import { OPT_LENGTH } from '../wire/frame.ts';
import { Reader } from '../wire/reader.ts';

/**
 * EDNS options of the range for local use (RFC 6891 9). STUB says that a stub zone was followed, as SkyDNS says it;
 * PATH lists the servers that passed the query on, 8 bytes each.
 */
export const MarkOption = { STUB: 65011, PATH: 65012 } as const;

export const PASS_LENGTH = 8;
/** More servers than this are a circle in which somebody changes the marks. */
const MAX_PASSES = 16;

export interface Marks {
  /** A stub zone was followed already: its question must not follow another. */
  readonly stubbed: boolean;
  /** Who passed it on so far, `PASS_LENGTH` bytes each. */
  readonly path: Uint8Array;
}

const NOTHING = new Uint8Array(0);
export const UNMARKED: Marks = { stubbed: false, path: NOTHING };

/** The marks of a query that was read with verdict OK, whose question ends at `questionEnd`. */
export function readMarks(request: Uint8Array, questionEnd: number): Marks {
  const options = optionsOf(request, questionEnd);
  if (options.length === 0) return UNMARKED;
  let { stubbed, path } = UNMARKED;
  for (let place = 0; place + 4 <= options.length; ) {
    const code = u16(options, place);
    const end = place + 4 + u16(options, place + 2);
    if (end > options.length) break;
    if (code === MarkOption.STUB) stubbed = true;
    if (code === MarkOption.PATH) path = new Uint8Array(options.subarray(place + 4, end));
    place = end;
  }
  return { stubbed, path };
}

/** The options of a message's OPT record; empty where there are none. */
function optionsOf(request: Uint8Array, questionEnd: number): Uint8Array {
  // Nearly every query has no record behind its question, or an OPT without options.
  if (request.length <= questionEnd) return NOTHING;
  const isLone = request.length === questionEnd + OPT_LENGTH && at(request, questionEnd) === 0;
  if (isLone && u16(request, questionEnd + 1) === Type.OPT) return NOTHING;
  const records = u16(request, 6) + u16(request, 8) + u16(request, 10);
  const reader = new Reader(request, questionEnd);
  for (let i = 0; i < records && !reader.failed; i++) {
    reader.skipName();
    const type = reader.u16();
    reader.skip(6);
    const length = reader.u16();
    const start = reader.at;
    reader.skip(length);
    if (type === Type.OPT && !reader.failed) return request.subarray(start, reader.at);
  }
  return NOTHING;
}

/** Whether a query has been at the server `self` before, or at so many that it must be going round. */
export function hasPassed(path: Uint8Array, self: Uint8Array): boolean {
  if (path.length >= MAX_PASSES * PASS_LENGTH) return true;
  for (let start = 0; start + PASS_LENGTH <= path.length; start += PASS_LENGTH) {
    let same = 0;
    while (same < PASS_LENGTH && at(path, start + same) === at(self, same)) same++;
    if (same === PASS_LENGTH) return true;
  }
  return false;
}

/** The options that a query gets when `self` passes it on. */
export function marksToSend(marks: Marks, self: Uint8Array, stub: boolean): Uint8Array {
  const stubbed = stub || marks.stubbed;
  const length = (stubbed ? 5 : 0) + 4 + marks.path.length + self.length;
  const options = new Uint8Array(length);
  let place = 0;
  if (stubbed) {
    putU16(options, 0, MarkOption.STUB);
    putU16(options, 2, 1);
    options[4] = 1;
    place = 5;
  }
  putU16(options, place, MarkOption.PATH);
  putU16(options, place + 2, marks.path.length + self.length);
  options.set(marks.path, place + 4);
  options.set(self, place + 4 + marks.path.length);
  return options;
}
