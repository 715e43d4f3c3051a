// What is being done, for whoever waits: to stderr, so that stdout holds the figures alone.

export function progress(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}
