// Whether a server that we ask leads back to us: it is asked a name that nobody else asks, and we see whether it arrives.
import type { Cancel } from '../base/clock.ts';
import { at, latin1, putU16 } from '../wire/bytes.ts';
import { Class, Type } from '../wire/codes.ts';
import type { Name } from '../wire/name.ts';
import type { ExchangeDeps } from './exchange.ts';
import type { Member, ServerGroup } from './group.ts';
import { InFlight, type InFlightOptions } from './in-flight.ts';
import { marksToSend, UNMARKED } from './marks.ts';
import type { Question } from './question.ts';
import type { Upstreamed } from './upstreamed.ts';

const EVERY_MS = 60_000;
/** While a server is left out because of a loop. */
const EVERY_MS_IN_LOOP = 15_000;
/** A hint that there is a loop is followed at most so often. */
const HINTS_MS = 5000;
const TIMEOUT_MS = 4000;

const LABEL_LENGTH = 16;
/**
 * `loop.fingerpost.internal` in wire form. The top-level domain is reserved for private use, so that the name does not
 * exist; unlike `invalid` and `test`, caches on the way do pass it on (RFC 6761 6).
 */
const SUFFIX = Buffer.concat(
  ['loop', 'fingerpost', 'internal', ''].map((label) =>
    Buffer.from(`${String.fromCharCode(label.length)}${label}`),
  ),
);

interface Probe {
  readonly group: ServerGroup;
  readonly member: Member;
  readonly inFlight: InFlight<string>;
  /** It came back to us. */
  hasReturned: boolean;
}

export class LoopProbes {
  readonly #deps: ExchangeDeps;
  readonly #options: Uint8Array;
  readonly #asking: InFlightOptions<string>;
  readonly #groups = new Set<ServerGroup>();
  /** By their random label. */
  readonly #probes = new Map<string, Probe>();
  #cancelNext: Cancel = () => {};
  #isStarted = false;
  #lastHint = Number.NEGATIVE_INFINITY;

  /** `self` is our mark. */
  constructor(self: Uint8Array, deps: ExchangeDeps) {
    this.#deps = deps;
    this.#options = marksToSend(UNMARKED, self, false);
    const settle = (label: string, upstreamed: Upstreamed) => this.#settled(label, upstreamed);
    this.#asking = { timeoutMs: TIMEOUT_MS, deps, settle };
  }

  watch(group: ServerGroup): void {
    this.#groups.add(group);
  }

  unwatch(group: ServerGroup): void {
    this.#groups.delete(group);
  }

  /** Probes now, and from now on regularly. Our own ports must be open. */
  start(): void {
    this.#isStarted = true;
    this.now();
  }

  /** Something points to a loop. */
  hint(): void {
    const now = this.#deps.clock.now();
    if (now - this.#lastHint < HINTS_MS) return;
    this.#lastHint = now;
    this.now();
  }

  /** Probes all servers, once started. */
  now(): void {
    if (!this.#isStarted) return;
    let next = EVERY_MS;
    for (const group of this.#groups) {
      for (const member of group.members) {
        if (member.loops) next = EVERY_MS_IN_LOOP;
        this.#probe(group, member);
      }
    }
    this.#schedule(next);
  }

  #schedule(ms: number): void {
    this.#cancelNext();
    this.#cancelNext = this.#deps.clock.after(ms, () => this.now());
  }

  #probe(group: ServerGroup, member: Member): void {
    const label = this.#freshLabel();
    const outgoing = { question: questionFor(label), options: this.#options };
    const inFlight = new InFlight(label, [member.server], outgoing, this.#asking);
    this.#probes.set(label, { group, member, inFlight, hasReturned: false });
    inFlight.begin();
  }

  #freshLabel(): string {
    const words = Array.from({ length: LABEL_LENGTH / 4 }, () => this.#deps.random.u16());
    return words.map((word) => word.toString(16).padStart(4, '0')).join('');
  }

  /** Whether a question that has reached us is one of our probes: then the server that got it leads back to us. */
  isOwn(name: Name): boolean {
    const start = LABEL_LENGTH + 1;
    if (name.length !== start + SUFFIX.length || at(name, 0) !== LABEL_LENGTH) return false;
    if (Buffer.compare(name.subarray(start), SUFFIX) !== 0) return false;
    const probe = this.#probes.get(latin1(name, 1, start));
    if (probe === undefined) return false;
    probe.hasReturned = true;
    this.#found(probe);
    return true;
  }

  #found({ member, group }: Probe): void {
    if (member.loops) return;
    member.loops = true;
    this.#schedule(EVERY_MS_IN_LOOP);
    this.#deps.log.warn(
      { upstream: member.server.text, group: group.name },
      'an upstream server leads back to this one: it is not asked until that ends',
    );
  }

  #settled(label: string, upstreamed: Upstreamed): void {
    const probe = this.#probes.get(label);
    this.#probes.delete(label);
    if (probe === undefined || probe.hasReturned || !probe.member.loops) return;
    // A server that does not answer says nothing about where it leads.
    if (upstreamed.kind !== 'reply') return;
    probe.member.loops = false;
    this.#deps.log.info(
      { upstream: probe.member.server.text, group: probe.group.name },
      'an upstream server leads back to this one no more: it is asked again',
    );
  }

  close(): void {
    this.#isStarted = false;
    this.#cancelNext();
    for (const { inFlight } of [...this.#probes.values()]) inFlight.abort();
  }
}

/** The text of a name that lies below `loop.fingerpost.internal`. */
function questionFor(label: string): Question {
  const bytes = new Uint8Array(1 + LABEL_LENGTH + SUFFIX.length + 4);
  bytes[0] = LABEL_LENGTH;
  bytes.set(Buffer.from(label, 'latin1'), 1);
  bytes.set(SUFFIX, LABEL_LENGTH + 1);
  putU16(bytes, bytes.length - 4, Type.TXT);
  putU16(bytes, bytes.length - 2, Class.IN);
  return { bytes, dnssecOk: false, checkingDisabled: false, marks: UNMARKED };
}
