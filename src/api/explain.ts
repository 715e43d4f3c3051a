// GET /v1/explain?name=&type=&client=&transport=: why a question is answered as it is.
import { isIP } from 'node:net';
import type { Routes } from '../observe/http.ts';
import type { ExplainQuestion } from '../query/explain/explainer.ts';
import type { Explanation } from '../query/explain/explanation.ts';
import { isProblem, type Problem, quoted } from '../service/problem.ts';
import { Type, typeFromName } from '../wire/codes.ts';
import { isName, nameFromText } from '../wire/name.ts';
import { problemReply } from './problem.ts';

type Parameters = Readonly<Record<string, readonly string[]>>;

const PARAMETERS = ['name', 'type', 'client', 'transport'] as const;
/** Whoever stands at the machine itself. */
const DEFAULT_CLIENT = '127.0.0.1';

export function explainRoutes(explain: (question: ExplainQuestion) => Promise<Explanation>): Routes {
  return (app) => {
    app.get('/v1/explain', async (context) => {
      const question = readQuestion(context.req.queries());
      if (isProblem(question)) return problemReply(context, 400, 'A parameter is wrong', question.problem);
      // What was true a moment ago helps nobody.
      return context.json(await explain(question), 200, { 'cache-control': 'no-store' });
    });
  };
}

function readQuestion(given: Parameters): ExplainQuestion | Problem {
  for (const [key, values] of Object.entries(given)) {
    if (!(PARAMETERS as readonly string[]).includes(key))
      return { problem: `there is no parameter ${quoted(key)}, allowed: ${PARAMETERS.join(', ')}` };
    if (values.length > 1) return { problem: `${key} is given ${values.length} times` };
  }
  const [name = ''] = given.name ?? [];
  const [type = 'A'] = given.type ?? [];
  const [client = DEFAULT_CLIENT] = given.client ?? [];
  const [transport = 'udp'] = given.transport ?? [];
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
