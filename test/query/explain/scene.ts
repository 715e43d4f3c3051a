// A desk whose answers are explained, alone or with servers to ask beyond its zones.
import { realClock } from '../../../src/base/clock.ts';
import { noCounters } from '../../../src/base/counters.ts';
import { guardMemory } from '../../../src/guard/guard.ts';
import { type GuardSettings, writeSettings } from '../../../src/guard/settings.ts';
import type { Beyond } from '../../../src/query/answerer.ts';
import { deafBeyond } from '../../../src/query/deaf.ts';
import { Explainer } from '../../../src/query/explain/explainer.ts';
import type { Explanation, ShownRecord } from '../../../src/query/explain/explanation.ts';
import { Externals } from '../../../src/query/externals.ts';
import { Outside } from '../../../src/query/outside.ts';
import { LATER } from '../../../src/query/responder.ts';
import { Typed } from '../../../src/query/typed.ts';
import { TableFront } from '../../../src/table/front.ts';
import { UpstreamCache } from '../../../src/upstream/cache.ts';
import { Resolver } from '../../../src/upstream/cache-resolver.ts';
import type { ServerGroup } from '../../../src/upstream/group.ts';
import { readMessage } from '../../../src/wire/message.ts';
import { reversedLabels } from '../../../src/wire/name.ts';
import { type Network, networkFromText } from '../../../src/wire/network.ts';
import type { Transport } from '../../../src/wire/query.ts';
import { Ages } from '../../../src/zone/ages.ts';
import { TestAsker } from '../../support/asker.ts';
import { name, type Records } from '../../support/zone-fixture.ts';
import { linesOfMessage } from '../../support/zone-text.ts';
import { Desk, type DeskOptions, packet, typeOf } from '../desk.ts';

export function networks(...texts: readonly string[]): Network[] {
  return texts.map((text) => {
    const network = networkFromText(text);
    if (typeof network === 'string') throw new RangeError(network);
    return network;
  });
}

export interface SceneOptions extends DeskOptions {
  readonly guard?: Partial<GuardSettings>;
  readonly search?: readonly string[];
  /** Whom to ask for everything, and for stub zones by name. */
  readonly servers?: ServerGroup;
  readonly stubs?: Readonly<Record<string, ServerGroup>>;
  /** Reverse zones of ours that others may know more of. */
  readonly open?: readonly string[];
  readonly forwarder?: ConstructorParameters<typeof Outside>[1]['forwarder'];
}

/** Longer than other servers and their addresses are waited for, one after the other. */
const PATIENCE_MS = 90_000;

export class ExplainScene {
  readonly desk: Desk;
  readonly explainer: Explainer;
  readonly #clients = networks('127.0.0.0/8', '192.0.2.0/24');

  constructor(records: Records = {}, options: SceneOptions = {}) {
    const desk = new Desk(records, options);
    const guard = guardMemory(4);
    writeSettings(guard.settings, { rules: [], rate: 0, slip: 1, exempt: [], secrets: [], ...options.guard });
    const { contents, answerer, table } = desk;
    const ages = new Ages(realClock);
    ages.note(7);
    const { beyond, resolver } = this.#beyond(desk, options);
    if (options.forwarder !== undefined) {
      answerer.lookBeyond(beyond);
      table.serve(this.#clients);
      // As the server has it: at these names others may know what is not in the set of names.
      const others = [
        ...Object.keys(options.stubs ?? {}),
        ...(options.search ?? []),
        ...(options.open ?? []),
      ];
      for (const other of others) table.names.open(name(other));
    }
    this.desk = desk;
    this.explainer = new Explainer({
      contents,
      answerer,
      beyond: (witness) => deafBeyond(beyond, { contents, resolver, clock: realClock }, witness),
      front: new TableFront(table.memory, guard),
      ages,
      standing: () => ({ state: 'synced' }),
      ttl: () => 30,
      clock: realClock,
    });
  }

  #beyond({ contents, table }: Desk, options: SceneOptions): { beyond: Beyond; resolver: Resolver } {
    const { servers, stubs = {}, search = [] } = options;
    const cache = new UpstreamCache(1 << 20, noCounters);
    const lifetimes = { min: 0, max: 86_400 };
    const resolver = new Resolver({ lifetimes, staleMax: 3600 }, { cache, counters: noCounters });
    const zones = Object.entries(stubs).map(([zone, group]) => ({ name: name(zone), group }));
    const outside = new Outside(
      { clients: this.#clients, ndots: 1 },
      {
        forwarder: options.forwarder ?? { forward: () => Promise.reject(), isOwnProbe: () => false },
        resolver,
        servers: () => servers,
        stubOf: (labels, ownDepth = -1) =>
          zones.find((zone) => {
            const own = reversedLabels(zone.name);
            return own.length > ownDepth && own.every((label, i) => labels[i] === label);
          }),
        keep: (request, query, answer) => table.keepForwarded(request, query, answer),
        clock: realClock,
      },
    );
    const externals = new Externals(outside, 30_000, realClock);
    const labels = search.map((domain) => reversedLabels(name(domain)));
    const typed = new Typed(labels, { contents, outside, externals, clock: realClock });
    return { beyond: { outside, externals, typed }, resolver };
  }

  /** Explains `web.example.org A`. */
  explain(question: string, client = '127.0.0.1', transport: Transport = 'udp'): Promise<Explanation> {
    const [owner = '', type = ''] = question.split(' ');
    return this.explainer.explain({ name: name(owner), type: typeOf(type), client, transport });
  }

  /** What the explanation says: the summary, the source, then the codes of the reasons. */
  async gist(question: string, client?: string): Promise<string[]> {
    const { summary, source, reasons } = await this.explain(question, client);
    return [summary, source, ...reasons.map(({ code }) => code)];
  }

  /** The sentence of one reason. */
  async why(question: string, code: string, client?: string): Promise<string | undefined> {
    const { reasons } = await this.explain(question, client);
    return reasons.find((reason) => reason.code === code)?.text;
  }

  /** What a client really gets, `rd` and EDNS as an explanation assumes them; waits for what comes later. */
  async answer(question: string, transport: Transport = 'udp'): Promise<string[]> {
    const request = packet(question, 1232);
    request[2] = 1;
    const asker = new TestAsker(transport, '127.0.0.1');
    const reply = Buffer.alloc(65_535);
    const length = this.desk.respond(request, asker, reply);
    const end = Date.now() + PATIENCE_MS;
    while (length === LATER && asker.replies.length === 0) {
      if (Date.now() > end) throw new Error(`no answer to ${question} in ${PATIENCE_MS} ms`);
      await new Promise(setImmediate);
    }
    const bytes = length === LATER ? asker.replies[0]! : reply.subarray(0, length);
    return linesOfMessage(readMessage(Uint8Array.from(bytes))!);
  }
}

const line = ({ name, ttl, type, data }: ShownRecord): string => `${name} ${ttl} ${type} ${data}`;

/** As `answer` gives it. */
export function linesOfExplained({ answer }: Explanation): string[] {
  return [
    ...(answer.rcode === 'NOERROR' ? [] : [String(answer.rcode)]),
    ...answer.answers.map(line),
    ...answer.authority.map((record) => `@ ${line(record)}`),
    ...answer.additional.map((record) => `+ ${line(record)}`),
  ];
}
