// A YAML file of services: names with their records, and questions worth trying once they are loaded.
import { z } from 'zod';
import type { Options } from '../app/config.ts';
import { readYaml, type YamlEntry } from '../app/options/yaml.ts';
import { FingerpostError, messageOf } from '../base/errors.ts';
import type { Write } from '../registry/registry.ts';
import { writeOf } from './record.ts';

export interface ServicesFile {
  readonly writes: readonly (Write & { kind: 'put' })[];
  /** `NAME TYPE`, in the words of dig. */
  readonly questions: readonly string[];
}

const SERVICES = z.record(z.string(), z.unknown());
const QUESTIONS = z.array(z.string().regex(/^\S+ [A-Z]+$/));
const KEYS = ['services', 'try'];

function mistake(path: string, line: number, message: string): FingerpostError {
  return new FingerpostError('record', `${path}:${line}: ${message}`);
}

function servicesOf(
  path: string,
  entry: YamlEntry,
  prefix: string,
  options: Options,
): ServicesFile['writes'] {
  const services = SERVICES.safeParse(entry.value);
  if (!services.success) throw mistake(path, entry.keyLine, 'services: allowed: names, each with its record');
  return Object.entries(services.data).map(([name, record]) => {
    try {
      return writeOf(prefix, options, name, JSON.stringify(record));
    } catch (error) {
      throw mistake(path, entry.lineOf([name]), messageOf(error));
    }
  });
}

function questionsOf(path: string, entry: YamlEntry): readonly string[] {
  const questions = QUESTIONS.safeParse(entry.value);
  if (questions.success) return questions.data;
  throw mistake(path, entry.keyLine, 'try: allowed: a list of questions such as "rails.skydns.local SRV"');
}

/** Reads and checks it all before anything is written; throws FingerpostError with file and line. */
export function readServices(path: string, prefix: string, options: Options): ServicesFile {
  const { entries } = readYaml(path);
  const stray = entries.find(({ key }) => !KEYS.includes(key));
  if (stray !== undefined)
    throw mistake(path, stray.keyLine, `unknown key "${stray.key}", allowed: ${KEYS.join(', ')}`);
  const services = entries.find(({ key }) => key === 'services');
  const questions = entries.find(({ key }) => key === 'try');
  return {
    writes: services === undefined ? [] : servicesOf(path, services, prefix, options),
    questions: questions === undefined ? [] : questionsOf(path, questions),
  };
}
