// What live servers say beside the records: each under a leased key of its own, up to which revision it has applied changes.
import { z } from 'zod';
import type { Entry } from '../service/entry.ts';

/** One live server. */
export interface LiveServer {
  /** Its `--server-id`. */
  readonly server: string;
  /** Where it answers, `ADDR:PORT`. */
  readonly addresses: readonly string[];
  /** Up to here all changes are in its answers. */
  readonly revision: number;
  /** A revision that somebody waits for: who has got there says so, even where nothing has changed. */
  readonly wanted: number;
}

/** What a wait has come to. */
export interface Waited {
  /** Whether there are live servers, and all have applied the revision. */
  readonly everywhere: boolean;
  readonly servers: readonly LiveServer[];
}

const schema = z.object({
  server: z.string(),
  addresses: z.array(z.string()).default([]),
  revision: z.int().min(0),
  wanted: z.int().min(0).default(0),
});

/** The prefix of the keys of servers, beside that of the records. */
export function statusPrefix(prefix: string): string {
  return `${prefix}-status`;
}

/** The key of one server; `instance` tells processes apart that have the same id. */
export function statusKey(prefix: string, server: string, instance: string): string {
  return `${prefix}/${encodeURIComponent(server)}/${instance}`;
}

/** What a key of a server says; undefined where it is none that we can read. */
export function liveServerOf({ value }: Pick<Entry, 'value'>): LiveServer | undefined {
  try {
    return schema.parse(JSON.parse(value));
  } catch {
    return undefined;
  }
}

/** A live server in words: `ns1 (10.0.0.2:53)`. */
export function serverText({ server, addresses }: LiveServer): string {
  return addresses.length === 0 ? server : `${server} (${addresses.join(', ')})`;
}

/** Why a wait was not met, as a sentence for people. */
export function notEverywhere({ servers }: Waited, revision: number, seconds: number): string {
  if (servers.length === 0)
    return `no live server has said within ${seconds} s which revision it has applied`;
  const late = servers.filter((one) => one.revision < revision);
  const names = late.map((one) => `${serverText(one)} at revision ${one.revision}`).join('; ');
  const count = `${late.length} of ${servers.length} live servers`;
  return `${count} have not applied revision ${revision} within ${seconds} s: ${names}`;
}
