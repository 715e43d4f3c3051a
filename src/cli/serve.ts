// fingerpost serve: the server, until a signal ends it.
import type { CommandSpec } from './command.ts';

export const serve: CommandSpec = {
  name: 'serve',
  summary: 'answer DNS questions from the registry',
  more: `Options also come from the environment (in brackets) and from the YAML file, where the key is the flag without
its dashes. Flags win over the environment, that over the file, that over the defaults; lists replace each other.
In the environment, commas separate the items of a list.

Signals: SIGTERM and SIGINT stop it, within 2 s; SIGHUP reads the environment and the file again.`,
  examples: [
    'serve',
    'serve --zone skydns.local --zone 10.0.0.0/8 --listen 10.0.0.2:53',
    'serve --registry etcd://10.0.0.5:2379,10.0.0.6:2379/skydns --http off',
    'serve --config /etc/fingerpost.yaml',
  ],
  groups: ['registry', 'zone', 'serve', 'log'],
  // Loaded when it is run: a server is many parts, and `fingerpost ls` should not wait for them.
  run: async (call) => (await import('./serving.ts')).runServer(call),
};
