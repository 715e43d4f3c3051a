// A real HAProxy with a configuration given as text, and its servers as it tells of them itself.
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Scene } from './scene.ts';

/** A server in rotation. */
export interface Rotated {
  readonly port: number;
  readonly weight: number;
}

export class Haproxy {
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  /** Starts it in a folder; `socket` stands in the configuration as that of `stats socket`. */
  static start(scene: Scene, folder: string, configuration: string, socket: string): Haproxy {
    writeFileSync(join(folder, 'haproxy.cfg'), configuration);
    scene.run('/usr/sbin/haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')], { cwd: folder });
    return new Haproxy(socket);
  }

  /** What it answers to one command of its runtime API. */
  tell(command: string): Promise<string> {
    const socket = connect(this.#socket);
    const answer = text(socket);
    socket.write(`${command}\n`);
    return answer;
  }

  /** The servers of a backend that get requests, by port. */
  async rotation(backend: string): Promise<Rotated[]> {
    const [head = '', ...lines] = (await this.tell(`show stat ${backend} 4 -1`)).trim().split('\n');
    const columns = head.replace(/^# /, '').split(',');
    const rows = lines.map((line) => {
      const cells = line.split(',');
      return (name: string): string => cells[columns.indexOf(name)] ?? '';
    });
    return rows
      .filter((cell) => !cell('status').startsWith('MAINT'))
      .map((cell) => ({ port: Number(cell('addr').split(':').at(-1)), weight: Number(cell('weight')) }))
      .sort((one, other) => one.port - other.port);
  }
}
