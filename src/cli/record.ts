// A record about to be written, held to the checks of the server: what it would not serve is refused.
import type { Options } from '../app/config.ts';
import { FingerpostError } from '../base/errors.ts';
import type { Write } from '../registry/registry.ts';
import { keyOf } from '../service/key.ts';
import { isProblem, type Problem } from '../service/problem.ts';
import { readEntry } from '../service/read.ts';
import { zoneNames, zoneTest } from './zones.ts';

/** The key of a name, or of a key given as it is (`/skydns/...`). Throws FingerpostError('record'). */
export function keyFor(prefix: string, nameOrKey: string): string {
  const key = nameOrKey.startsWith('/') ? nameOrKey : keyOf(prefix, nameOrKey);
  if (isProblem(key)) throw new FingerpostError('record', key.problem);
  return key;
}

function problemOf(prefix: string, options: Options, name: string, value: string): Problem | Write {
  const key = keyOf(prefix, name);
  if (isProblem(key)) return key;
  const usable = readEntry(prefix, { key, value });
  if (isProblem(usable)) return usable;
  if (zoneTest(options)(usable.labels)) return { kind: 'put', key, value };
  return { problem: `it is outside the zones (${zoneNames(options)}); name its zone with --zone` };
}

/** The write that puts `value` (JSON) at a name; throws FingerpostError('record') that says why it cannot be served. */
export function writeOf(
  prefix: string,
  options: Options,
  name: string,
  value: string,
): Write & { kind: 'put' } {
  const write = problemOf(prefix, options, name, value);
  if (isProblem(write)) throw new FingerpostError('record', `${name} would not be served: ${write.problem}`);
  return write as Write & { kind: 'put' };
}
