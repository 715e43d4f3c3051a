// Names that do not exist: below a service name that does, beside the service names, and deeper.
import { serviceAt, ZONE } from './services.ts';

/** One name, at random; `count` services exist. */
export function missingName(next: () => number, count: number): string {
  const label = `q${Math.floor(next() * 2 ** 32).toString(36)}`;
  const kind = Math.floor(next() * 3);
  if (kind === 0) return `${label}.${serviceAt(Math.floor(next() * count)).parent}`;
  if (kind === 1) return `${label}.production.${ZONE}`;
  return `x1.${label}.staging.${ZONE}`;
}
