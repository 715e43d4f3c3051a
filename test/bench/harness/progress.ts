// What is being done, for whoever waits: to stderr, so that stdout holds the figures alone. On a terminal with a bar.
import { silent } from '../../../src/base/log.ts';
import { logProgress, type ShowProgress } from '../../../src/base/progress.ts';
import { ProgressBar } from '../../../src/observe/progress-bar.ts';

const bar = process.stderr.isTTY === true ? new ProgressBar(process.stderr) : undefined;

export function progress(text: string): void {
  const write = () => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
  if (bar === undefined) write();
  else bar.above(write);
}

/** Shows how far something has come: a bar on a terminal, else a line now and then. */
export const showProgress: ShowProgress =
  bar?.show ?? logProgress({ ...silent, info: (_, message) => progress(message) });
