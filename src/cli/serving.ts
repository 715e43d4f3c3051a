// The work of `fingerpost serve`: started, announced, reloaded, stopped.
import { addressText, type Options } from '../app/config.ts';
import { handedOver } from '../app/handed-over.ts';
import { takeUser } from '../app/privileges.ts';
import { Server, type ServerParts } from '../app/server.ts';
import { type Log, openLog, standardError } from '../observe/log.ts';
import { ProgressBar } from '../observe/progress-bar.ts';
import type { OpenSocket } from '../transport/deps.ts';
import type { Call } from './command.ts';
import { digLines, tryExamples } from './examples.ts';
import { listenForSignals } from './signals.ts';

/** How long what is left may take when everything is stopped, in milliseconds. */
const MOST_LEFT_MS = 300;

/** Takes the options as they are now; a mistake in them changes nothing. */
function reload(call: Call, server: Server, log: Log): void {
  server.reopen();
  try {
    const options = call.reread();
    log.setLevel(options.logLevel);
    const restart = server.reload(options);
    log.info({}, 'configuration read again');
    if (restart.length > 0)
      log.warn({ options: restart }, `these changes need a restart: ${restart.join(', ')}`);
  } catch (error) {
    log.error({ cause: error }, 'configuration not read again: it has a mistake, and the old one stays');
  }
}

/** Over what questions are answered. */
function protocolsOf(sockets: readonly OpenSocket[]): string {
  if (sockets.length === 0) return 'udp, tcp';
  return [...new Set(sockets.map(({ protocol }) => protocol.toLowerCase()))].join(', ');
}

function announceReady(
  server: Server,
  protocols: string,
  questions: readonly string[],
  { terminal }: Call,
): void {
  const [first] = server.addresses;
  terminal.out(`fingerpost ready: ${server.addresses.map(addressText).join(' ')} (${protocols})`);
  if (first === undefined || questions.length === 0) return;
  terminal.out('Try, in another terminal:');
  for (const line of digLines(questions, first)) terminal.out(`  ${line}`);
}

/** The log, and where a person is looking a bar below it; else the log says how far things have come. */
function openOutput({ logLevel, logFormat }: Options): {
  readonly log: Log;
  readonly progress: Pick<ServerParts, 'progress'>;
} {
  const target = standardError();
  if (!target.isTerminal || logFormat === 'json')
    return { log: openLog(logLevel, logFormat, target), progress: {} };
  const bar = new ProgressBar(process.stderr);
  return { log: openLog(logLevel, logFormat, bar.beside(target)), progress: { progress: bar.show } };
}

/** Serves until a signal ends it; resolves to the exit code, rejects with a FingerpostError where it cannot start. */
export async function runServer(call: Call): Promise<number> {
  const { options } = call;
  const { log, progress } = openOutput(options);
  // Before anything else: what it makes from now on belongs to that user.
  const privileges = takeUser(options.user);
  const sockets = await handedOver(process.env);
  const server = new Server(options, { logger: log, privileges, sockets, ...progress });
  const stopped = Promise.withResolvers<NodeJS.Signals>();
  listenForSignals({ stop: stopped.resolve, reload: () => reload(call, server, log) });
  const questions = await tryExamples(options, log);
  const started = server.start();
  started.then(
    () => server.ready.then(() => announceReady(server, protocolsOf(sockets), questions, call)),
    () => {},
  );
  // A server that waits for its registry before it opens its ports can be stopped as well.
  await Promise.race([started, stopped.promise]);
  log.info({ signal: await stopped.promise }, 'stopping');
  await server.stop();
  // A call that a silent registry has not answered would keep the process until its deadline.
  setTimeout(() => process.exit(), MOST_LEFT_MS).unref();
  return 0;
}
