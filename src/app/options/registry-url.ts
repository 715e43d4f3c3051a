// The registry URL as an option: checked as the registry itself reads it.
import type { z } from 'zod';
import { messageOf } from '../../base/errors.ts';
import { parseRegistryUrl } from '../../registry/url.ts';
import { read } from './values.ts';

/** The middle of `registry "URL": REASON; allowed: ...`: the rest is said by whoever reports the mistake. */
function reason(error: unknown): string {
  return messageOf(error)
    .replace(/^registry "(?:[^"\\]|\\.)*": /, '')
    .replace(/; allowed: .*$/, '');
}

export const registryUrl: z.ZodType<string> = read<string>((input) => {
  if (typeof input !== 'string') return { problem: '' };
  try {
    parseRegistryUrl(input);
    return input;
  } catch (error) {
    return { problem: reason(error) };
  }
});
