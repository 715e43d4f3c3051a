// Another server that does what a script says, and that knows what it was asked, for the tests of the whole program.
import { replyBytes } from '../upstream/asked.ts';
import { type Asking, type Script, ScriptedServer } from '../upstream/scripted.ts';
import { pointer, record } from '../wire/packets.ts';
import type { Scene } from './scene.ts';

/** The address that `addresses` gives. */
export const UPSTREAM_ADDRESS = '192.0.2.80';
const TYPE_A = 1;

/** The name that was asked for, without the final dot, and the type. */
export function nameOf({ question }: Asking): string {
  const labels: string[] = [];
  for (let place = 0; question[place] !== 0; place += question[place]! + 1)
    labels.push(question.toString('latin1', place + 1, place + 1 + question[place]!));
  return labels.join('.');
}

export function typeOf({ question }: Asking): number {
  return question.readUInt16BE(question.length - 4);
}

/** Every name has one address, and nothing else. */
export function addresses(ttl = 300): Script {
  return (asking) => {
    const answers = typeOf(asking) === TYPE_A ? [record(pointer(12), TYPE_A, [192, 0, 2, 80], ttl)] : [];
    asking.send(replyBytes({ ...asking, answers }));
  };
}

/** Opens one that is closed with the scene. */
export async function startScripted(scene: Scene, script: Script): Promise<ScriptedServer> {
  const server = await ScriptedServer.open(script);
  scene.onEnd(() => server.close());
  return server;
}

/** The names that it was asked for, in order, but for those by which loops are looked for. */
export function namesAsked({ askings }: ScriptedServer): string[] {
  return askings.map(nameOf).filter((name) => !name.endsWith('.loop.fingerpost.internal'));
}
