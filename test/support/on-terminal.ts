// A program on a terminal of its own: script(1) of Debian's bsdutils, which every Debian has.
import { MAIN, type Running } from './program.ts';
import type { Scene } from './scene.ts';

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** `fingerpost ARGS` whose output is a terminal; what it writes there comes as standard output, just as it is. */
export function onTerminal(scene: Scene, args: readonly string[], cwd: string): Running {
  const command = `exec ${[process.execPath, MAIN, ...args].map(quoted).join(' ')}`;
  const program = scene.run(
    '/usr/bin/script',
    ['--quiet', '--return', '--flush', '--command', command, '/dev/null'],
    { cwd, env: { TERM: 'xterm', NO_COLOR: '1', SHELL: '/bin/sh' } },
  );
  // It hands SIGTERM on to the program, which has a session of its own: nothing else would end that.
  scene.onEnd(async () => {
    if (!program.ended) await program.stop();
  });
  return program;
}
