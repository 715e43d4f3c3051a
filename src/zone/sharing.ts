// Values that many services have in common, kept once.
import type { Service } from '../service/record.ts';
import type { Traits } from './stored.ts';

/** More kinds of services than this are not worth a table: from then on each has its own. */
const MOST = 10_000;

export class SharedTraits {
  readonly #known = new Map<string, Traits>();

  /** The traits of a service: one object for all services that have the same, texts excepted. */
  of(service: Service): Traits {
    const { kind, port, priority, weight, text, mail, ttl, targetstrip, group } = service;
    const traits = { kind, port, priority, weight, text, mail, ttl, targetstrip, group };
    if (text !== '') return traits;
    const key = `${kind} ${port} ${priority} ${weight} ${mail} ${ttl} ${targetstrip} ${group}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size < MOST) this.#known.set(key, traits);
    return traits;
  }
}

/** One string for all labels that are equal. Short ones only: those repeat (`1`, `www`), long ones rarely do. */
export class SharedLabels {
  readonly #known = new Map<string, string>();

  of(label: string): string {
    if (label.length > 12) return flat(label);
    const known = this.#known.get(label);
    if (known !== undefined) return known;
    if (this.#known.size < MOST) this.#known.set(label, label);
    return label;
  }
}

/** A long label cut out of a key would keep the whole key alive: it gets bytes of its own. */
function flat(label: string): string {
  return Buffer.from(label, 'latin1').toString('latin1');
}
