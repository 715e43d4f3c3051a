// Two hosts of a test's own: network namespaces with a cable between them, the client's resolv.conf asking the server.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { Ended, ProgramPlace, Running } from './program.ts';
import type { Scene } from './scene.ts';

export const SERVER_V4 = '10.77.0.1';
export const SERVER_V6 = 'fd77::1';
const CLIENT_V4 = '10.77.0.2';
const CLIENT_V6 = 'fd77::2';

function ip(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
}

/** One of the two. Commands run in it see its network, its /etc/resolv.conf and nothing else of its own. */
export class Host {
  readonly name: string;
  readonly #scene: Scene;

  constructor(scene: Scene, name: string) {
    this.name = name;
    this.#scene = scene;
  }

  #inside(command: string, args: readonly string[]): readonly string[] {
    return ['netns', 'exec', this.name, command, ...args];
  }

  /** Starts a program that goes on; it ends with the scene. */
  start(command: string, args: readonly string[], place: ProgramPlace): Running {
    return this.#scene.run('ip', this.#inside(command, args), place);
  }

  /** Runs a program to its end. */
  run(command: string, args: readonly string[], place: ProgramPlace): Promise<Ended> {
    return this.start(command, args, place).end();
  }

  /** What programs in it read as /etc/resolv.conf (ip-netns(8)). */
  resolvConf(text: string): void {
    mkdirSync(`/etc/netns/${this.name}`, { recursive: true });
    writeFileSync(`/etc/netns/${this.name}/resolv.conf`, text);
  }
}

export interface Cabled {
  readonly server: Host;
  readonly client: Host;
}

/** Makes both, for as long as the scene lasts. Needs root. */
export function cable(scene: Scene): Cabled {
  const id = process.pid.toString(36);
  const [server, client] = [`fps${id}`, `fpc${id}`];
  for (const name of [server, client]) {
    ip('netns', 'add', name);
    scene.onEnd(async () => {
      spawnSync('ip', ['netns', 'del', name]);
      rmSync(`/etc/netns/${name}`, { recursive: true, force: true });
    });
    ip('-n', name, 'link', 'set', 'lo', 'up');
  }
  ip('link', 'add', 'eth0', 'netns', server, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', client);
  const addresses = [
    [server, SERVER_V4, SERVER_V6],
    [client, CLIENT_V4, CLIENT_V6],
  ] as const;
  for (const [name, v4, v6] of addresses) {
    ip('-n', name, 'addr', 'add', `${v4}/24`, 'dev', 'eth0');
    ip('-n', name, 'addr', 'add', `${v6}/64`, 'dev', 'eth0', 'nodad');
    ip('-n', name, 'link', 'set', 'eth0', 'up');
  }
  return { server: new Host(scene, server), client: new Host(scene, client) };
}
