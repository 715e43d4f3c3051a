// GET /v1/explain?name=&type=&client=&transport=: why a question is answered as it is.
import { isIP } from 'node:net';
import { z } from 'zod';
import type { ExplainQuestion } from '../query/explain/explainer.ts';
import type { Explanation } from '../query/explain/explanation.ts';
import { isProblem, type Problem, quoted } from '../service/problem.ts';
import { Type, typeFromName } from '../wire/codes.ts';
import { isName, nameFromText } from '../wire/name.ts';
import { explanationSchema } from './explain-schema.ts';
import { json, type Operation, operation } from './operation.ts';
import { problem } from './problem.ts';

/** Whoever stands at the machine itself. */
const DEFAULT_CLIENT = '127.0.0.1';

const query = z.strictObject({
  name: z.string().meta({ description: 'what is asked for: rails.skydns.local' }),
  type: z.string().default('A').meta({ description: 'SRV, TXT ... or TYPE<n>' }),
  client: z.string().default(DEFAULT_CLIENT).meta({ description: 'the address that it is asked from' }),
  transport: z.string().default('udp').meta({ description: 'udp or tcp' }),
});

export function explainOperation(explain: (question: ExplainQuestion) => Promise<Explanation>): Operation {
  return operation({
    method: 'get',
    path: '/v1/explain',
    id: 'explain',
    summary: 'why a question is answered as it is',
    query,
    answers: { 200: { description: 'what the client gets, and why', schema: explanationSchema } },
    run: async (call) => {
      const question = readQuestion(call.query);
      if (isProblem(question)) throw problem(422, question.problem);
      return json(await explain(question));
    },
  });
}

function readQuestion({ name, type, client, transport }: z.output<typeof query>): ExplainQuestion | Problem {
  const read = nameFromText(name);
  if (name === '' || !isName(read))
    return { problem: `name: read ${quoted(name)}, allowed: a name such as rails.skydns.local` };
  const code = typeFromName(type);
  if (code === undefined)
    return { problem: `type: read ${quoted(type)}, allowed: ${Object.keys(Type).join(', ')} or TYPE<n>` };
  if (isIP(client) === 0 || client.includes('%'))
    return { problem: `client: read ${quoted(client)}, allowed: an IPv4 or IPv6 address` };
  if (transport !== 'udp' && transport !== 'tcp')
    return { problem: `transport: read ${quoted(transport)}, allowed: udp, tcp` };
  return { name: read, type: code, client, transport };
}
