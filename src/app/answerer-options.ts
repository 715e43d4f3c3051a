// The options as the answerer takes them.
import type { AnswererOptions } from '../query/answerer.ts';
import { isName, type Name, nameFromText } from '../wire/name.ts';
import type { Options } from './config.ts';
import { VERSION } from './version.ts';

export function answererOptions(options: Options): AnswererOptions {
  return {
    ttls: { ttl: options.ttl, negative: options.negativeTtl },
    version: options.chaos ? `fingerpost ${VERSION}` : undefined,
    serverId: options.chaos ? options.serverId : undefined,
    local: localOf(options),
  };
}

function localOf({ local }: Options): Name | undefined {
  const name = local === undefined ? undefined : nameFromText(local);
  return name !== undefined && isName(name) ? name : undefined;
}
