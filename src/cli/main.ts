#!/usr/bin/env node
// The entry point: sees to the version of Node and its warnings before anything else is loaded.

const NEEDED = 24;

/** Node announces node:sqlite as experimental in some versions; users can do nothing about it. */
function hideExperimentalWarnings(): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name !== 'ExperimentalWarning') process.stderr.write(`${warning.name}: ${warning.message}\n`);
  });
}

if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  process.stderr.write(`fingerpost: needs Node ${NEEDED} or later, this is ${process.version}\n`);
  process.exit(1);
}

hideExperimentalWarnings();
// Not a static import: those are loaded, and warned about, before the first line here runs.
const { main } = await import('./program.ts');
process.exitCode = await main(process.argv.slice(2));
