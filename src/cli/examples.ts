// The first look: example services put into an empty registry, and questions to try on them.
import type { ListenAddress, Options } from '../app/config.ts';
import { FingerpostError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { loadIfEmpty } from './load.ts';
import { prefixOf, withRegistry } from './registry.ts';
import { readServices } from './services-file.ts';

/** Puts the examples if the registry is empty; the questions that they answer, none where they are not there. */
async function loadExamples(path: string, options: Options, log: Logger): Promise<readonly string[]> {
  const file = readServices(path, prefixOf(options), options);
  return withRegistry(options, async (registry) => {
    const loaded = await loadIfEmpty(registry, file);
    if (loaded > 0) log.info({ services: loaded, file: path }, 'examples loaded');
    const keys = new Set((await registry.list()).entries.map(({ key }) => key));
    return file.writes.every(({ key }) => keys.has(key)) ? file.questions : [];
  });
}

/** Example services are a courtesy: zones that they do not fit, or a registry that is away, do not stop a server. */
export async function tryExamples(options: Options, log: Logger): Promise<readonly string[]> {
  if (options.examples === undefined) return [];
  try {
    return await loadExamples(options.examples, options, log);
  } catch (error) {
    if (!(error instanceof FingerpostError) || !['record', 'unavailable'].includes(error.code)) throw error;
    log.warn({ cause: error }, 'the examples are not loaded');
    return [];
  }
}

/** The address to ask a server at that listens on `host`. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

/** `dig @127.0.0.1 -p 5300 NAME TYPE` for each question. */
export function digLines(questions: readonly string[], { host, port }: ListenAddress): string[] {
  const portWords = port === 53 ? '' : ` -p ${port}`;
  return questions.map((question) => `dig @${reachable(host)}${portWords} ${question}`);
}
