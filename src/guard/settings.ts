// What is allowed to whom, in memory that threads share: written as a whole, copied by each reader when it has changed.
import type { Client } from '../wire/client.ts';
import { inAnyNetwork, type Network } from '../wire/network.ts';
import { compileNetworks, longestRow } from './network-map.ts';
import { keyWords } from './siphash.ts';

/** What happens to the questions of a client: answered, answered REFUSED, or not answered at all. */
export const Action = { ALLOW: 0, DENY: 1, DROP: 2 } as const;
export type ActionName = Lowercase<keyof typeof Action>;

/** Bits of a network's number: its action, and whether its replies are not limited. */
export const ACTION = 3;
export const EXEMPT = 4;

export interface AccessRule {
  readonly action: ActionName;
  readonly networks: readonly Network[];
}

export interface GuardSettings {
  /** The first rule that holds for a client counts; where none does, it is allowed. */
  readonly rules: readonly AccessRule[];
  /** Replies over UDP to one network in a second; 0 for any number. */
  readonly rate: number;
  /** Every so many replies over the rate go out truncated instead of not at all; 0 for none. */
  readonly slip: number;
  /** Networks without such a limit. */
  readonly exempt: readonly Network[];
  /** Of server cookies, 16 bytes each: the first makes them, all are accepted. Without any there are no cookies. */
  readonly secrets: readonly Uint8Array[];
}

/** The most networks that rules may have in all, and the most that may be exempt. */
export const MAX_NETWORKS = 1000;
export const MAX_SECRETS = 4;

/** Words of the settings. */
export const Word = {
  RATE: 0,
  SLIP: 1,
  SECRETS: 2,
  SECRET: 3,
  ROW_LENGTH: 3 + MAX_SECRETS * 4,
  ROW: 4 + MAX_SECRETS * 4,
} as const;
const WORDS = Word.ROW + longestRow(2 * MAX_NETWORKS);
/** How often they were written; then two places for them, of which the next one is written while the other is read. */
const VERSION = 0;
const FIRST = 1;

export function settingsMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer((FIRST + 2 * WORDS) * 4);
}

function placeOf(version: number): number {
  return FIRST + (version & 1) * WORDS;
}

function numberOf({ rules, exempt }: GuardSettings, client: Client): number {
  const rule = rules.find(({ networks }) => inAnyNetwork(networks, client));
  const action = rule === undefined ? Action.ALLOW : ACTIONS[rule.action];
  return action | (inAnyNetwork(exempt, client) ? EXEMPT : 0);
}

const ACTIONS: Readonly<Record<ActionName, number>> = {
  allow: Action.ALLOW,
  deny: Action.DENY,
  drop: Action.DROP,
};

/** Makes settings those of all threads, from their next batch on. One thread alone may call this. */
export function writeSettings(memory: SharedArrayBuffer, settings: GuardSettings): void {
  const words = new Int32Array(memory);
  const version = Atomics.load(words, VERSION) + 1;
  const place = placeOf(version);
  const networks = [...settings.rules.flatMap((rule) => rule.networks), ...settings.exempt];
  const row = compileNetworks(networks, (client) => numberOf(settings, client));
  words[place + Word.RATE] = settings.rate;
  words[place + Word.SLIP] = settings.slip;
  words[place + Word.SECRETS] = settings.secrets.length;
  for (const [i, secret] of settings.secrets.entries())
    words.set(keyWords(secret), place + Word.SECRET + i * 4);
  words[place + Word.ROW_LENGTH] = row.length;
  words.set(row, place + Word.ROW);
  Atomics.store(words, VERSION, version);
}

/** One thread's copy. */
export class SettingsReader {
  /** As `Word` says; another array after each change. */
  words = new Int32Array(WORDS);
  readonly #shared: Int32Array;
  #version = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#shared = new Int32Array(memory);
  }

  /** Takes what has changed; whether anything has. */
  refresh(): boolean {
    const shared = this.#shared;
    if (shared[VERSION] === this.#version) return false;
    for (;;) {
      const version = Atomics.load(shared, VERSION);
      const place = placeOf(version);
      this.words.set(shared.subarray(place, place + WORDS));
      // What was copied is whole unless the writer has begun anew at this place, which it does two versions later.
      if (Atomics.load(shared, VERSION) === version) {
        this.#version = version;
        return true;
      }
    }
  }
}
