// One kind of DNS server under measurement.
import { globSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Type } from '../harness/ask.ts';
import type { TestBed } from '../harness/bed.ts';
import type { Running } from '../harness/running.ts';
import type { BenchService } from '../services.ts';

/** What every server is given to serve. */
export interface Data {
  readonly services: readonly BenchService[];
  /** `host:port` of an etcd that holds them. */
  readonly etcd: string;
  /** A folder that holds `zone` and `hosts` with the same data. */
  readonly folder: string;
}

export interface Started {
  readonly running: Running;
  readonly port: number;
}

export interface ServerKind {
  readonly name: string;
  /** Why it cannot be measured here; undefined when it can. */
  missing(): string | undefined;
  /** Starts it on SERVER_CORE; resolves when it answers. */
  start(bed: TestBed, data: Data): Promise<Started>;
}

/** For programs that only Debian packages bring; `*` stands for the machine's architecture. */
export function missingFile(path: string): string | undefined {
  return globSync(path).length > 0 ? undefined : `${path} is not installed`;
}

/** Waits until the first and the last service are answered. */
export function answers(started: Started, { services }: Data): Promise<Started> {
  const ends = [services[0], services.at(-1)].flatMap((service) =>
    service === undefined ? [] : [service.name],
  );
  return answersNames(started, ends);
}

/** Waits until all of these names have addresses. */
export async function answersNames(started: Started, names: readonly string[]): Promise<Started> {
  const client = await Client.open(started.port);
  try {
    for (const name of names) await answered(client, started.running, name);
  } finally {
    client.close();
  }
  return started;
}

async function answered(client: Client, running: Running, name: string): Promise<void> {
  const end = Date.now() + 120_000;
  while (Date.now() < end && !running.ended) {
    const reply = await client.ask(name, Type.A, 200);
    if (reply !== undefined && reply.readUInt16BE(6) > 0) return;
    await delay(20);
  }
  throw new Error(`no answer to ${name}:\n${running.stderr}`);
}
