// Explains one answer: the question goes to the code that answers, watched; nothing is kept of it, and nobody else is asked.
import type { Clock } from '../../base/clock.ts';
import { putU16 } from '../../wire/bytes.ts';
import { Client } from '../../wire/client.ts';
import { Class, Flag, HEADER_LENGTH, MAX_MESSAGE, MAX_UDP_SIZE, Type, typeName } from '../../wire/codes.ts';
import { type Name, nameToText, type ReversedLabels, reversedLabels } from '../../wire/name.ts';
import { OPT_LENGTH, type Query, type Transport } from '../../wire/query.ts';
import type { Ages } from '../../zone/ages.ts';
import type { Contents } from '../../zone/contents.ts';
import { labelsOfNode } from '../../zone/node.ts';
import type { Answerer, Beyond } from '../answerer.ts';
import { type Asker, LATER } from '../responder.ts';
import type { QueryWitness } from '../witness.ts';
import type { AnswerSource, Explanation, ShownAnswer } from './explanation.ts';
import { Notes } from './notes.ts';
import { NO_REPLY, shownAnswer } from './read-reply.ts';
import { reasonsOf, summaryOf } from './reasons.ts';
import {
  badAt,
  shownAliases,
  shownBad,
  shownCached,
  shownServers,
  shownServices,
  type Tops,
} from './shown.ts';

/** What is to be explained: a question of class IN, with EDNS for 1232 bytes and recursion desired. */
export interface ExplainQuestion {
  readonly name: Name;
  readonly type: number;
  /** An IP address. */
  readonly client: string;
  readonly transport: Transport;
}

/** How the server stands to its registry. */
export interface RegistryStanding {
  readonly state: string;
  /** Cut off since, milliseconds since 1970. */
  readonly since?: number | undefined;
}

/** What comes before the answerer: access, the table of answers, the set of names. */
export interface Front {
  /**
   * The length of the reply to `request`; 0 where none is due, undefined where the answerer has to compute it. Nothing is
   * counted.
   */
  reply(request: Uint8Array, asker: Asker, reply: Uint8Array): number | undefined;
  /** The query that was read from it. */
  query(): Query;
  /** Picks a rotation. */
  nextTurn(): number;
  /** What the reply came from. */
  source(asker: Asker): AnswerSource;
}

export interface ExplainerParts {
  readonly contents: Contents;
  readonly answerer: Answerer;
  /** What lies beyond the zones, watched, asking nobody; undefined where other servers are not asked. */
  readonly beyond: (witness: QueryWitness) => Beyond;
  readonly front: Front;
  readonly ages: Ages;
  readonly standing: () => RegistryStanding;
  /** The default TTL, in seconds. */
  readonly ttl: () => number;
  /** That of the cache of other servers' answers. */
  readonly clock: Clock;
}

/** A reply and where it came from. */
interface Got {
  readonly reply: Uint8Array;
  readonly source: AnswerSource;
  /** It is what the client gets, whatever the answerer would say. */
  readonly isFinal: boolean;
}

export class Explainer {
  readonly #parts: ExplainerParts;

  constructor(parts: ExplainerParts) {
    this.#parts = parts;
  }

  /** Never rejects. */
  async explain(question: ExplainQuestion): Promise<Explanation> {
    const notes = new Notes();
    const got = await this.#ask(question, notes);
    const isKnown = got.isFinal || !notes.isOpen;
    const answer = got.source === 'none' ? NO_REPLY : shownAnswer(got.reply, isKnown);
    return this.#explanation(question, notes, answer, isKnown ? got.source : 'servers');
  }

  async #ask(question: ExplainQuestion, notes: Notes): Promise<Got> {
    const { front } = this.#parts;
    const request = requestOf(question);
    const reply = new Uint8Array(MAX_MESSAGE);
    const asker = new Waiting(question);
    const length = front.reply(request, asker, reply);
    const source = length === undefined ? undefined : front.source(asker);
    // Turned away: nothing else is looked at.
    if (length !== undefined && (source === 'none' || source === 'rule'))
      return { reply: reply.subarray(0, length), source, isFinal: true };
    // What the table has was computed before: how, is seen by computing it once more.
    const computed = await this.#compute(request, asker, notes);
    return length === undefined || source === undefined
      ? { reply: computed, source: sourceOf(notes), isFinal: false }
      : { reply: reply.subarray(0, length), source, isFinal: true };
  }

  async #compute(request: Uint8Array, asker: Waiting, notes: Notes): Promise<Uint8Array> {
    const { answerer, beyond, front } = this.#parts;
    const reply = new Uint8Array(MAX_MESSAGE);
    const query = front.query();
    const { recursionAvailable } = query;
    // A reply that was rendered has left its marks.
    query.read(request, request.length);
    query.recursionAvailable = recursionAvailable;
    const watched = answerer.watched(notes.witness, beyond(notes.witness));
    const length = watched.answer(request, query, asker, front.nextTurn(), reply);
    return length === LATER ? asker.reply : reply.subarray(0, length);
  }

  #explanation(
    { name, type, client, transport }: ExplainQuestion,
    notes: Notes,
    answer: ShownAnswer,
    source: AnswerSource,
  ): Explanation {
    const { contents, ages, standing, ttl, clock } = this.#parts;
    const { zones } = contents;
    const labels = reversedLabels(name);
    const bad = badAt(topsOf(notes, labels), contents);
    const { state, since } = standing();
    const zone = notes.first('zone')?.zone;
    const seen = { labels, name, type, client, answer, source, notes, bad, contents };
    return {
      question: { name: nameToText(name), type: typeName(type), client, transport },
      summary: summaryOf(seen),
      answer,
      source,
      reasons: reasonsOf(seen),
      registry: {
        state,
        revision: contents.revision,
        since: since === undefined ? null : new Date(since).toISOString(),
      },
      zone:
        zone === undefined
          ? null
          : {
              name: nameToText(zone.name),
              match: zone.match,
              apex: zone.apex,
              serial: zones.serial(zone),
            },
      services: shownServices(notes.looks, { contents, ages, ttl: ttl() }),
      counts: {
        used: sum(notes.looks.map(({ used }) => used)),
        leftOut: sum(notes.looks.flatMap(({ leftOut }) => Object.values(leftOut))),
        bad: bad.length,
      },
      bad: shownBad(bad),
      aliases: shownAliases(notes),
      servers: shownServers(notes),
      cache: shownCached(notes, clock.now()),
    };
  }
}

/** Takes the reply that comes later. */
class Waiting implements Asker {
  readonly transport: Transport;
  readonly client = new Client();
  readonly #came = Promise.withResolvers<Uint8Array>();

  constructor({ client, transport }: ExplainQuestion) {
    this.client.setText(client);
    this.transport = transport;
  }

  /** Its bytes are used again by whoever sends it. */
  later(): (reply: Uint8Array) => void {
    return (reply) => this.#came.resolve(reply.slice());
  }

  get reply(): Promise<Uint8Array> {
    return this.#came.promise;
  }
}

function requestOf({ name, type }: ExplainQuestion): Uint8Array {
  const request = new Uint8Array(HEADER_LENGTH + name.length + 4 + OPT_LENGTH);
  request[2] = Flag.RD;
  putU16(request, 4, 1);
  putU16(request, 10, 1);
  request.set(name, HEADER_LENGTH);
  const end = HEADER_LENGTH + name.length;
  putU16(request, end, type);
  putU16(request, end + 2, Class.IN);
  putU16(request, end + 5, Type.OPT);
  putU16(request, end + 7, MAX_UDP_SIZE);
  return request;
}

/** Of what was computed. */
function sourceOf(notes: Notes): AnswerSource {
  const isPassedOn = notes.has('group') && !notes.has('not served') && !hasLocalRule(notes);
  if (isPassedOn) return 'cache';
  return notes.has('resolved') && !notes.has('reverse') ? 'computed' : 'rule';
}

/** The question itself is answered by a rule of this server. */
function hasLocalRule(notes: Notes): boolean {
  return notes.has('special') || notes.has('short');
}

/** The names whose services have a part in the answer, bad ones included. */
function topsOf(notes: Notes, asked: ReversedLabels): Tops[] {
  if (!notes.has('resolved')) return [];
  return [{ labels: asked, isPattern: notes.looks[0]?.scope.by === 'wildcard question' }].concat(
    notes.looks.flatMap(({ scope }) => {
      const isPattern = scope.by === 'wildcard question';
      const roots = isPattern ? [] : scope.roots.map(labelsOfNode);
      return [scope.labels, ...roots].map((labels) => ({ labels, isPattern }));
    }),
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
