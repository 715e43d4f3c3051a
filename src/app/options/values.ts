// The kinds of value that options take, each read from text (flag, environment) and from YAML alike.
import { accessSync, constants } from 'node:fs';
import { z } from 'zod';
import { isProblem, type Problem } from '../../service/problem.ts';
import { type Network, networkFromText } from '../../wire/network.ts';

/** A schema from a reader that returns a value or says why not. */
export function read<T>(reader: (input: unknown) => T | Problem): z.ZodType<T> {
  return z.unknown().transform((input, context) => {
    const value = reader(input);
    if (!isProblem(value)) return value;
    context.issues.push({ code: 'custom', message: value.problem, input });
    return z.NEVER;
  });
}

const NO_WHY: Problem = { problem: '' };

/** A whole number, written in decimal. */
export function whole(min: number, max: number): z.ZodType<number> {
  return z
    .union([z.number(), z.string().trim().regex(/^\d+$/).transform(Number)])
    .pipe(z.int().min(min).max(max));
}

/** A whole number of percent, with or without the sign, or `off`. */
export function percent(min: number, max: number): z.ZodType<number | 'off'> {
  const number = whole(min, max);
  return read((input) => {
    if (input === false) return 'off';
    const text = typeof input === 'string' ? input.trim().replace(/\s*%$/, '') : input;
    if (text === 'off') return 'off';
    const parsed = number.safeParse(text);
    return parsed.success ? parsed.data : NO_WHY;
  });
}

const UNITS: Readonly<Record<string, number>> = { '': 1, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 };

/** A number of bytes: `1048576`, `64MiB`. */
export function bytes(min: number, max: number): z.ZodType<number> {
  return read((input) => {
    const [, digits = '', unit = ''] = /^(\d+)\s*([a-z]*)$/i.exec(String(input).trim()) ?? [];
    const factor = UNITS[unit.toLowerCase()];
    if (digits === '' || factor === undefined) return NO_WHY;
    const size = Number(digits) * factor;
    return size >= min && size <= max ? size : NO_WHY;
  });
}

const WORDS = new Map<unknown, boolean>([
  ['on', true],
  ['true', true],
  [true, true],
  ['off', false],
  ['false', false],
  [false, false],
]);

/** `on` or `off`; YAML's true and false mean the same. */
export const onOff: z.ZodType<boolean> = read(
  (input) => WORDS.get(typeof input === 'string' ? input.trim().toLowerCase() : input) ?? NO_WHY,
);

export function oneOf<const W extends readonly string[]>(words: W): z.ZodType<W[number]> {
  return z.preprocess((input) => (typeof input === 'string' ? input.trim() : input), z.enum(words));
}

/** A line of text, not empty; a number in YAML counts as its digits. */
export function text(maxBytes: number): z.ZodType<string> {
  return read((input) => {
    const value = typeof input === 'number' ? String(input) : input;
    if (typeof value !== 'string' || value === '' || /\p{Cc}/u.test(value)) return NO_WHY;
    return Buffer.byteLength(value) <= maxBytes ? value : NO_WHY;
  });
}

/** One that was read already. */
function isNetwork(input: unknown): input is Network {
  return typeof input === 'object' && input !== null && 'words' in input && input.words instanceof Int32Array;
}

/** A network (`10.0.0.0/8`, `fd00::/8`) or one address. */
export const network: z.ZodType<Network> = read((input) => {
  if (isNetwork(input)) return input;
  if (typeof input !== 'string') return NO_WHY;
  const value = networkFromText(input.trim());
  return typeof value === 'string' ? { problem: value } : value;
});

/** The path of a file that can be read now. */
export const readableFile: z.ZodType<string> = read((input) => {
  if (typeof input !== 'string' || input === '') return NO_WHY;
  try {
    accessSync(input, constants.R_OK);
    return input;
  } catch (error) {
    return { problem: error instanceof Error ? error.message.replace(/, access .*/, '') : '' };
  }
});

/** One or more; a text is cut by `split`, an array is taken as it is. */
export function list<T>(item: z.ZodType<T>, split: (text: string) => string[]): z.ZodType<readonly T[]> {
  return z.preprocess((input) => {
    if (typeof input === 'string') return split(input);
    return Array.isArray(input) ? input : [input];
  }, z.array(item).min(1));
}

/** Refuses a list that names one thing twice; `keyOf` is what makes two items the same, undefined for never. */
export function distinct<T>(
  items: z.ZodType<readonly T[]>,
  keyOf: (item: T) => string | undefined,
): z.ZodType<readonly T[]> {
  return items.check(({ value, issues }) => {
    const keys = value.map(keyOf);
    keys.forEach((key, index) => {
      if (key === undefined || keys.indexOf(key) === index) return;
      issues.push({ code: 'custom', message: `${key} is given twice`, input: value, path: [index] });
    });
  });
}
