// Who may ask, as people write it: `allow 10.0.0.0/8`, `deny any`, or the same as a map in YAML.
import type { z } from 'zod';
import { type AccessRule, type ActionName, MAX_NETWORKS } from '../../guard/settings.ts';
import { isProblem, type Problem } from '../../service/problem.ts';
import { type Network, networkFromText } from '../../wire/network.ts';
import { list, network, read } from './values.ts';

const ACTIONS: readonly ActionName[] = ['allow', 'deny', 'drop'];
/** What `any` stands for. */
const EVERYTHING = ['0.0.0.0/0', '::/0'];

function isAction(text: string): text is ActionName {
  return ACTIONS.some((action) => action === text);
}

/** The action and the networks that were written, from `deny 10.0.0.0/8 fd00::/8` or `{deny: [10.0.0.0/8, fd00::/8]}`. */
function wordsOf(input: unknown): readonly string[] {
  if (typeof input === 'string') return input.trim().split(/\s+/);
  if (typeof input !== 'object' || input === null || Object.keys(input).length !== 1) return [];
  const [[action = '', networks] = []] = Object.entries(input);
  const written: unknown[] = Array.isArray(networks) ? networks : [networks];
  return [action, ...written.map(String)];
}

function networksOf(words: readonly string[]): Network[] | Problem {
  const networks: Network[] = [];
  for (const text of words.flatMap((word) => (word === 'any' ? EVERYTHING : [word]))) {
    const found = networkFromText(text);
    if (typeof found === 'string') return { problem: found };
    networks.push(found);
  }
  return networks;
}

function ruleOf(input: unknown): AccessRule | Problem {
  const [action = '', ...words] = wordsOf(input);
  if (!isAction(action)) return { problem: `"${action}" is not allow, deny or drop` };
  if (words.length === 0) return { problem: 'the network is missing' };
  const networks = networksOf(words);
  return isProblem(networks) ? networks : { action, networks };
}

function holdsForAll({ networks }: AccessRule): boolean {
  const has = (least: number) => networks.some(({ bits }) => bits === least);
  return has(0) && has(96);
}

/** What makes a list useless as a whole, where each rule is right by itself. */
function problemOf(rules: readonly AccessRule[]): string | undefined {
  const unreached = rules.findIndex((_, i) => i > 0 && holdsForAll(rules[i - 1] as AccessRule));
  if (unreached > 0) return `rule ${unreached + 1} is never reached, rule ${unreached} holds for all`;
  if (rules.every(({ action }) => action === 'allow'))
    return 'it allows only, and who is in no rule is allowed anyway: end it with deny any';
  const count = rules.reduce((sum, { networks }) => sum + networks.length, 0);
  return count > MAX_NETWORKS ? `it names ${count} networks, more than ${MAX_NETWORKS}` : undefined;
}

const rules: z.ZodType<readonly AccessRule[]> = list(read(ruleOf), (texts) => texts.split(','));

/** A list of rules, the first that holds counting. */
export const accessRules: z.ZodType<readonly AccessRule[]> = rules.check(({ value, issues }) => {
  const problem = problemOf(value);
  if (problem !== undefined) issues.push({ code: 'custom', message: problem, input: value });
});

/** A list of networks. */
export const networks: z.ZodType<readonly Network[]> = list(network, (texts) => texts.split(',')).check(
  ({ value, issues }) => {
    if (value.length <= MAX_NETWORKS) return;
    issues.push({ code: 'custom', message: `it names more than ${MAX_NETWORKS} networks`, input: value });
  },
);
