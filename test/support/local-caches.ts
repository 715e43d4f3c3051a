// unbound and dnsmasq from Debian, the usual caches in front of other servers: each on a port of its own on the loopback.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dig } from './dig.ts';
import { untilAnswered } from './knot.ts';
import { freePort } from './ports.ts';
import type { Scene } from './scene.ts';
import type { Address } from './server.ts';

/** Starts unbound; `lines` come after its `server` clause. It answers when this resolves. */
export async function startUnbound(scene: Scene, lines: readonly string[]): Promise<Address> {
  const folder = await scene.folder();
  const address = { host: '127.0.0.1', port: await freePort() };
  const path = join(folder, 'unbound.conf');
  const config = [
    'server:',
    `  directory: ${folder}`,
    '  chroot: ""',
    '  username: ""',
    '  pidfile: ""',
    '  use-syslog: no',
    '  logfile: ""',
    '  do-daemonize: no',
    `  interface: ${address.host}@${address.port}`,
    '  do-not-query-localhost: no',
    '  num-threads: 1',
    '  module-config: "iterator"',
    ...lines,
    'remote-control:',
    '  control-enable: no',
    '',
  ];
  await writeFile(path, config.join('\n'));
  const running = scene.run('/usr/sbin/unbound', ['-d', '-c', path], { cwd: folder });
  // A name that it knows by itself.
  await untilAnswered(running, () => dig(address, '+time=1', '+tries=1', 'localhost'));
  return address;
}

/** Starts dnsmasq in front of one server. It answers when this resolves. */
export async function startDnsmasq(scene: Scene, server: Address): Promise<Address> {
  const folder = await scene.folder();
  const address = { host: '127.0.0.1', port: await freePort() };
  const args = [
    '--keep-in-foreground',
    '--conf-file=/dev/null',
    '--pid-file=',
    '--user=root',
    '--log-facility=-',
    '--no-resolv',
    '--no-hosts',
    '--bind-interfaces',
    `--listen-address=${address.host}`,
    `--port=${address.port}`,
    `--server=${server.host}#${server.port}`,
  ];
  const running = scene.run('/usr/sbin/dnsmasq', args, { cwd: folder });
  await untilAnswered(running, () => dig(address, '+time=1', '+tries=1', 'version.bind', 'CH', 'TXT'));
  return address;
}
