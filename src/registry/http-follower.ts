// Follows another server's events for ever: comes again with the last id it has seen, and is given a list where that is too old.
import type { Clock } from '../base/clock.ts';
import { FingerpostError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { Backoff } from './backoff.ts';
import type { HttpCalls } from './http-calls.ts';
import { EventReader, type ServerEvent } from './http-events.ts';
import { changeOfMessage, type EventMessage, entryOfMessage, eventMessages } from './http-messages.ts';
import type { RegistrySink } from './registry.ts';
import { Status } from './status.ts';

export interface HttpFollowerDeps {
  readonly calls: HttpCalls;
  readonly prefix: string;
  readonly url: string;
  readonly sink: RegistrySink;
  readonly logger: Logger;
  readonly clock: Clock;
}

const BACKOFF = { first: 50, most: 5_000 };
/** The server says something every 5 s. */
const SILENCE_MS = 15_000;
const GOOD_MS = 5_000;

export class HttpFollower {
  readonly #deps: HttpFollowerDeps;
  readonly #status: Status;
  readonly #backoff = new Backoff(BACKOFF);
  /** Of the last event that was taken in; undefined: a list is needed. */
  #last: string | undefined;
  #revision = 0;
  /** Nothing is missing of what the server knows. */
  #isCaughtUp = false;
  #serverState: EventMessage<'state'> = { state: 'starting' };
  #hangUp: () => void = () => {};
  #wake: () => void = () => {};
  #isRelist = false;
  #closed = false;
  #running: Promise<void> = Promise.resolve();

  constructor(deps: HttpFollowerDeps) {
    this.#deps = deps;
    this.#status = new Status(deps);
  }

  get lastWord(): number | undefined {
    return this.#status.lastWord;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** A whole list comes next. */
  relist(): void {
    this.#isRelist = true;
    this.#last = undefined;
    this.#hangUp();
    this.#wake();
  }

  /** Resolves when the sink will not be called any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#status.close();
    this.#hangUp();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      const began = this.#deps.clock.now();
      const cause = await this.#session().catch((thrown: unknown) => thrown);
      if (this.#closed) return;
      if (this.#isRelist) {
        this.#isRelist = false;
        continue;
      }
      this.#status.stale(cause);
      if (this.#deps.clock.now() - began >= GOOD_MS) this.#backoff.reset();
      await this.#pause(this.#backoff.next());
    }
  }

  /** From connecting to the end of the stream; why it ended, or throws it. */
  async #session(): Promise<unknown> {
    const { calls, prefix } = this.#deps;
    this.#isCaughtUp = false;
    const response = await calls.response({
      method: 'GET',
      path: '/v1/events',
      query: { prefix },
      silenceMs: SILENCE_MS,
      headers: this.#last === undefined ? {} : { 'last-event-id': this.#last },
    });
    response.socket.unref(); // a watch does not keep the process alive
    if (response.statusCode !== 200) throw await calls.refused(response);
    this.#hangUp = () => response.destroy();
    if (this.#closed || this.#isRelist) this.#hangUp();
    const reader = new EventReader();
    for await (const text of response.setEncoding('utf8')) {
      for (const event of reader.read(text)) if (!this.#closed) this.#take(event);
      this.#status.heard();
    }
    return new FingerpostError('unavailable', 'the server has ended the stream of events');
  }

  #take({ name, data, id }: ServerEvent): void {
    const message: unknown = JSON.parse(data);
    if (name === 'state') this.#state(eventMessages.state.parse(message));
    else if (name === 'list') this.#listing(eventMessages.list.parse(message).revision);
    else if (name === 'entries')
      this.#deps.sink.page(eventMessages.entries.parse(message).entries.map(entryOfMessage));
    else if (name === 'listed') this.#listed(eventMessages.listed.parse(message).revision);
    else if (name === 'changes') this.#changes(eventMessages.changes.parse(message));
    else if (name === 'resumed') this.#caughtUp();
    if (id !== undefined) this.#last = id;
  }

  #listing(revision: number): void {
    this.#last = undefined; // changes do not go on from the middle of a list
    this.#deps.sink.listing(revision);
  }

  #listed(revision: number): void {
    this.#revision = revision;
    this.#deps.sink.listed(revision);
    this.#caughtUp();
  }

  #changes({ revision, changes }: EventMessage<'changes'>): void {
    this.#revision = revision;
    this.#deps.sink.batch({ revision, changes: changes.map(changeOfMessage) });
  }

  #state(state: EventMessage<'state'>): void {
    this.#serverState = state;
    if (this.#isCaughtUp) this.#tellState();
  }

  #caughtUp(): void {
    this.#isCaughtUp = true;
    this.#tellState();
  }

  /** We know what the server knows; the rest depends on the server. */
  #tellState(): void {
    const { state, cause = '' } = this.#serverState;
    if (state === 'synced') this.#status.synced(this.#revision);
    else if (state === 'stale')
      this.#status.stale(
        new FingerpostError('unavailable', `the server is cut off from its registry: ${cause}`),
      );
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#deps.clock.after(ms, resolve);
    this.#wake = resolve;
    await promise;
    cancel();
  }
}
