// The zones that are served: which one a name belongs to, and each one's serial.
import { FingerpostError } from '../base/errors.ts';
import {
  isName,
  labelsToText,
  type Name,
  nameFromText,
  type ReversedLabels,
  reversedLabels,
} from '../wire/name.ts';
import { ZoneWords, zoneSerial } from '../wire/negative.ts';
import { nameOfLabels } from './node.ts';

/** Which services a name returns: all at it or below it, or only those that it owns. */
export type Match = 'subtree' | 'exact';
/** What the apex itself returns: the services meant for it, or the whole zone. */
export type Apex = 'services' | 'subtree';

/** SRV weights are percents where nothing else is said, as in SkyDNS. */
const DEFAULT_WEIGHTS = 100;

export interface ZoneOptions {
  readonly name: string;
  readonly match?: Match | undefined;
  readonly apex?: Apex | undefined;
  readonly weights?: number | undefined;
}

export interface Zone {
  /** Its place in the list of zones and in `Zones.words`. */
  readonly number: number;
  readonly labels: ReversedLabels;
  readonly name: Name;
  readonly match: Match;
  readonly apex: Apex;
  /** What the SRV weights of one priority add up to, less what rounding down takes: at most 65535. */
  readonly weights: number;
  /** `ns.dns.<zone>` (SOA mname) and `hostmaster.<zone>` (SOA rname). */
  readonly mname: Name;
  readonly rname: Name;
}

function below(zone: ReversedLabels, ...labels: string[]): string[] {
  return [...zone, ...labels];
}

function makeZone(options: ZoneOptions, number: number): Zone {
  const name = nameFromText(options.name);
  const labels = isName(name) ? reversedLabels(name) : [];
  if (!isName(name) || name.length > 255 - 'hostmaster.'.length) {
    throw new FingerpostError(
      'config',
      `zone: ${JSON.stringify(options.name)} is no zone name: ${isName(name) ? 'too long' : name}`,
    );
  }
  return {
    number,
    labels,
    name,
    match: options.match ?? 'subtree',
    apex: options.apex ?? 'services',
    weights: options.weights ?? DEFAULT_WEIGHTS,
    mname: nameOfLabels(below(labels, 'dns', 'ns')),
    rname: nameOfLabels(below(labels, 'hostmaster')),
  };
}

export class Zones {
  readonly all: readonly Zone[];
  /** Their numbers as replies need them (wire/negative.ts), in memory that threads may share. */
  readonly words: Uint32Array;
  readonly #byName: ReadonlyMap<string, Zone>;
  /** By how much serials are ahead of the registry's revisions. A registry that was restored counts from less again. */
  lead = 0;

  constructor(options: readonly ZoneOptions[]) {
    this.all = options.map(makeZone);
    this.words = new Uint32Array(
      new SharedArrayBuffer(4 * (ZoneWords.FIRST + this.all.length * ZoneWords.STRIDE)),
    );
    for (const { number, name } of this.all) this.words[wordOf(number, ZoneWords.NAME_LENGTH)] = name.length;
    this.#byName = new Map(this.all.map((zone) => [labelsToText(zone.labels), zone]));
    if (this.#byName.size < this.all.length)
      throw new FingerpostError('config', 'zone: the same zone is given twice');
  }

  /** Sets a zone's serial: the revision of its last change and the lead, mod 2^32. */
  setSerial(zone: Zone, revision: number): void {
    this.words[wordOf(zone.number, ZoneWords.SERIAL)] = revision + this.lead;
  }

  serial(zone: Zone): number {
    return zoneSerial(this.words, zone.number);
  }

  /** Sets how many seconds a negative answer may be kept. */
  setNegativeTtl(seconds: number): void {
    this.words[ZoneWords.NEGATIVE_TTL] = seconds;
  }

  /** Sets the most that a TTL may be while what is known is stale; 0: it is not stale; EXPIRED: it is too old. */
  setStaleTtl(seconds: number): void {
    this.words[ZoneWords.STALE_TTL] = seconds;
  }

  /** The zone that a name belongs to, the longest match; undefined outside all zones. */
  of(labels: ReversedLabels): Zone | undefined {
    let best: Zone | undefined;
    for (const zone of this.all) {
      if (contains(zone.labels, labels) && (best === undefined || zone.labels.length > best.labels.length))
        best = zone;
    }
    return best;
  }

  /** Notes a change at a name in every zone around it. False outside all zones. */
  changed(labels: ReversedLabels, revision: number): boolean {
    let inside = false;
    for (const zone of this.all) {
      if (!contains(zone.labels, labels)) continue;
      this.setSerial(zone, revision);
      inside = true;
    }
    return inside;
  }
}

function wordOf(zone: number, field: number): number {
  return ZoneWords.FIRST + zone * ZoneWords.STRIDE + field;
}

/** Whether `labels` is `zone` or lies below it. */
function contains(zone: ReversedLabels, labels: ReversedLabels): boolean {
  if (labels.length < zone.length) return false;
  for (let i = 0; i < zone.length; i++) if (labels[i] !== zone[i]) return false;
  return true;
}
