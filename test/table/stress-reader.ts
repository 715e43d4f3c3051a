// A thread that asks the table as fast as it can and checks that every answer was true between question and answer.
import { parentPort, workerData } from 'node:worker_threads';
import { Entry, Slot } from '../../src/table/layout.ts';
import { MISS, TableReader } from '../../src/table/lookup.ts';
import { Client } from '../../src/wire/client.ts';
import {
  AAAA,
  CHANGING,
  COVERED,
  exists,
  NAMES,
  picker,
  pickName,
  request,
  type Shared,
  Stat,
  TXT,
  textOf,
} from './stress-truth.ts';

const { memory, reader: number, begun, done, stats } = workerData as Shared;
const BATCH = 64;
const reader = new TableReader(memory, number, BATCH);
const begunVersions = new Int32Array(begun);
const doneVersions = new Int32Array(done);
const counts = new Int32Array(stats);
const slots = new Int32Array(memory.slots);
const arena = Buffer.from(memory.arena);
const pick = picker(number * 0x9e3779b9);
const reply = Buffer.alloc(1232);
const client = new Client();
const asked = new Map<number, Buffer>();

function requestOf(i: number, type: number): Buffer {
  const key = i * 65_536 + type;
  let made = asked.get(key);
  if (made === undefined) {
    made = request(i, type);
    asked.set(key, made);
  }
  return made;
}

/** What is wrong with the addresses of a reply, or the version that they are of. */
function versionOfAddresses(i: number, length: number, start: number): number | string {
  if (reply.readUInt16BE(6) !== 3) return 'not three addresses';
  if (start + 3 * 28 + 11 !== length) return 'not as long as three addresses';
  const members = new Set<number>();
  let version = -1;
  for (let record = 0; record < 3; record++) {
    const rdata = start + record * 28 + 12;
    if (reply.readUInt16BE(rdata - 2) !== 16) return 'not an address';
    if (reply.readUInt16BE(rdata) !== 0xfd00) return 'not an address of ours';
    if (reply.readUInt16BE(rdata + 10) !== i) return `the address of ${reply.readUInt16BE(rdata + 10)}`;
    const its = reply.readUInt16BE(rdata + 12);
    if (version >= 0 && its !== version) return `addresses of versions ${version} and ${its}`;
    version = its;
    members.add(reply.readUInt16BE(rdata + 14));
  }
  return members.size === 3 ? version : 'a member twice';
}

function versionOfText(i: number, length: number, start: number): number | string {
  if (reply.readUInt16BE(6) !== 1) return 'not one text';
  const size = reply[start + 12]!;
  if (start + 13 + size + 11 !== length) return 'not as long as its text';
  const text = reply.toString('latin1', start + 13, start + 13 + size);
  const version = Number(/^\d+:(\d+);/.exec(text)?.[1] ?? Number.NaN);
  return text === textOf(i, version) ? version : `torn: ${text}`;
}

/** Whether some version from `from` to `to` did not exist. */
function wasAbsent(i: number, from: number, to: number): boolean {
  for (let version = from; version <= to; version++) if (!exists(i, version)) return true;
  return false;
}

/** What is wrong with a reply to the question for name `i`; undefined where nothing is. */
function problem(
  i: number,
  type: number,
  length: number,
  from: number,
  question: Buffer,
): string | undefined {
  const to = Atomics.load(begunVersions, i);
  // Without the OPT record.
  const end = question.length - 11;
  if (!reply.subarray(12, end).equals(question.subarray(12, end))) return 'another question';
  const rcode = reply[3]! & 15;
  if (rcode === 3) {
    counts[Stat.DENIED]!++;
    if (i >= CHANGING && i < CHANGING + COVERED) return 'denied, though it exists at all times';
    return wasAbsent(i, from, to) ? undefined : `denied, though it existed from ${from} to ${to}`;
  }
  if (rcode !== 0) return `rcode ${rcode}`;
  const version = type === TXT ? versionOfText(i, length, end) : versionOfAddresses(i, length, end);
  if (typeof version === 'string') return version;
  if (!exists(i, version)) return `of version ${version}, which does not exist`;
  return version >= from && version <= to ? undefined : `of version ${version}, not of ${from} to ${to}`;
}

interface Asked {
  readonly i: number;
  readonly type: number;
  readonly question: Buffer;
  /** The version of the name that was there for sure when the batch was begun. */
  readonly from: number;
}

function pickOne(): Asked {
  const i = pickName(pick);
  const type = pick(3) === 0 ? TXT : AAAA;
  return { i, type, question: requestOf(i, type), from: Atomics.load(doneVersions, i) };
}

/** A batch, as a worker answers it; what is wrong with a reply. */
function askSome(): string | undefined {
  const batch = Array.from({ length: 1 + pick(BATCH) }, pickOne);
  for (const [place, { question }] of batch.entries()) reader.read(place, question, question.length);
  reader.gather(batch.length);
  for (const [place, one] of batch.entries()) {
    const wrong = answerOne(place, one);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function answerOne(place: number, { i, type, question, from }: Asked): string | undefined {
  const length = reader.answer(place, question, { transport: 'udp', client }, 0, reply);
  counts[Stat.CHECKED]!++;
  if (length === MISS) {
    counts[Stat.MISSES]!++;
    return undefined;
  }
  counts[Stat.HITS]!++;
  const wrong = problem(i, type, length, from, question);
  return wrong === undefined ? undefined : `name ${i} of ${NAMES}, type ${type}: ${wrong}`;
}

/** The bytes of an entry without the mark of having been used, which readers set. */
function bytesAt(place: number): string {
  const end = place + arena.readInt32LE(place + Entry.LENGTH);
  return (
    arena.toString('latin1', place, place + Entry.USED) + arena.toString('latin1', place + Entry.KEY, end)
  );
}

/** Entries that were found stay as they are, however long a reader takes over them. */
function holdStill(): string | undefined {
  const held = new Map<number, string>();
  for (let n = 0; n < 300; n++) {
    const place = Atomics.load(slots, pick(slots.length / Slot.WORDS) * Slot.WORDS + Slot.ENTRY) * 4;
    if (place !== 0) held.set(place, bytesAt(place));
  }
  Atomics.wait(counts, Stat.STOP, 0, pick(150));
  counts[Stat.HELD]! += held.size;
  for (const [place, bytes] of held) {
    if (bytesAt(place) !== bytes) return 'an entry was written over while it was held';
  }
  return undefined;
}

function run(): string | undefined {
  while (Atomics.load(counts, Stat.STOP) === 0) {
    reader.enter();
    if (pick(1000) === 0) {
      const wrong = holdStill();
      if (wrong !== undefined) return wrong;
    }
    const wrong = askSome();
    if (wrong !== undefined) return wrong;
    reader.leave();
  }
  return undefined;
}

Atomics.store(counts, Stat.UP, 1);
parentPort?.postMessage(run());
