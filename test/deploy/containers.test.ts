// The image, compose and Kubernetes: no engine runs them here, so they are read, and held against the program and each other.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { loadOptions, optionRows } from '../../src/app/config.ts';
import { ROOT } from '../support/program.ts';
import { Scene } from '../support/scene.ts';
import { type Instruction, stagesOf } from './dockerfile.ts';

const run = promisify(execFile);
const scene = new Scene();
const read = (path: string): string => readFileSync(join(ROOT, 'deploy', path), 'utf8');

/** Options from variables, none of which may be unknown. */
function optionsOf(environment: Readonly<Record<string, string>>) {
  const known = optionRows.map(({ variable }) => variable);
  const ours = Object.keys(environment).filter((name) => name.startsWith('FINGERPOST_'));
  expect(ours.filter((name) => !known.includes(name))).toEqual([]);
  return loadOptions({}, environment);
}

const stages = stagesOf(read('docker/Dockerfile'));
const image = stages.at(-1)!;
const all = (name: string): Instruction[] => image.instructions.filter((one) => one.name === name);
const wordsOf = (name: string): readonly string[] => all(name).flatMap(({ words }) => words);
const environment = Object.fromEntries(wordsOf('ENV').map((word) => word.split('=', 2))) as Record<
  string,
  string
>;
const options = optionsOf(environment);
const httpPort = options.http === 'off' ? 0 : options.http.port;

describe('the Dockerfile', () => {
  it('builds in stages; the last one holds the installed package and no sources', () => {
    expect(stages).toHaveLength(3);
    const names = stages.map(({ name }) => name);
    for (const [i, { base, instructions }] of stages.entries()) {
      expect(base).toBe('node:24-bookworm-slim');
      const from = instructions
        .filter(({ name }) => name === 'COPY')
        .flatMap(({ flags }) => flags.from ?? []);
      expect(from.filter((name) => !names.slice(0, i).includes(name))).toEqual([]);
    }
    expect(all('COPY').map(({ flags }) => flags.from)).toEqual(['installed']);
  });

  it('copies files that are there, and that its ignore file leaves in', () => {
    const copied = stages.flatMap(({ instructions }) =>
      instructions
        .filter(({ name, flags }) => name === 'COPY' && flags.from === undefined)
        .flatMap(({ words }) => words.slice(0, -1)),
    );
    expect(copied.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    const kept = read('docker/Dockerfile.dockerignore').match(/(?<=^!).*$/gm);
    expect(kept).toEqual([...copied].sort());
  });

  it('runs without root, on the ports that its variables name', () => {
    expect(all('USER').map(({ words }) => words.join())).toEqual(['65532:65532']);
    expect(options.listen).toEqual([{ host: '0.0.0.0', port: 5300 }]);
    expect(wordsOf('EXPOSE')).toEqual(['5300/udp', '5300/tcp', `${httpPort}/tcp`]);
    expect(wordsOf('ENTRYPOINT')).toEqual(['fingerpost']);
    expect(wordsOf('CMD')).toEqual(['serve']);
    expect(options.registry).toBe(`sqlite:${wordsOf('VOLUME').join()}/services.db`);
  });

  it('has a health check that passes beside a server that is ready, and fails beside none', async () => {
    const [form, program = '', ...args] = wordsOf('HEALTHCHECK');
    expect([form, program]).toEqual(['CMD', 'node']);
    const server = await scene.server();
    const check = () =>
      run(
        process.execPath,
        args.map((word) => word.replace(`:${httpPort}/`, `:${server.http.port}/`)),
      );
    await check();
    await server.stop();
    await expect(check()).rejects.toMatchObject({ code: 1 });
  });
});

const compose = z
  .object({
    services: z.record(
      z.string(),
      z.object({
        build: z.object({
          context: z.string().optional(),
          dockerfile: z.string().optional(),
          dockerfile_inline: z.string().optional(),
        }),
        command: z.array(z.string()).optional(),
        environment: z.record(z.string(), z.string()),
        depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
        healthcheck: z.object({ test: z.array(z.string()) }).optional(),
        ports: z.array(z.string()).default([]),
        volumes: z.array(z.string()),
      }),
    ),
    volumes: z.record(z.string(), z.null()),
  })
  .parse(parse(read('docker/compose.yaml')));

describe('compose', () => {
  it('starts Fingerpost from the Dockerfile, with options that there are, behind an etcd that is well', () => {
    const { fingerpost, etcd } = compose.services;
    expect(
      existsSync(join(ROOT, 'deploy/docker', fingerpost!.build.context!, fingerpost!.build.dockerfile!)),
    ).toBe(true);
    expect(optionsOf({ ...environment, ...fingerpost!.environment }).registry).toBe(
      'etcd://etcd:2379/skydns',
    );
    expect(fingerpost!.ports).toEqual([
      '127.0.0.1:5300:5300/udp',
      '127.0.0.1:5300:5300/tcp',
      '127.0.0.1:5380:5380/tcp',
    ]);
    expect(fingerpost!.depends_on).toEqual({ etcd: { condition: 'service_healthy' } });
    expect(etcd!.healthcheck?.test.slice(0, 2)).toEqual(['CMD', 'etcdctl']);
    expect(stagesOf(etcd!.build.dockerfile_inline!)).toHaveLength(1);
  });

  it('names the volumes that it mounts', () => {
    const mounted = Object.values(compose.services).flatMap(({ volumes }) =>
      volumes.map((one) => one.split(':')[0]),
    );
    expect(mounted.sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  it('gives etcd flags that it takes', async () => {
    const { stdout, stderr } = await run('/usr/bin/etcd', ['--help']);
    const flags = compose.services.etcd!.command!.slice(1).map((flag) => flag.split('=')[0]!.slice(2));
    expect(flags.filter((flag) => !`${stdout}${stderr}`.includes(`--${flag} `))).toEqual([]);
  });
});

const text = z.string();
const labels = z.record(text, text);
const port = z.object({ name: text, protocol: text, containerPort: z.number() });
const probe = z.object({ httpGet: z.object({ path: text, port: text }) });
const pod = z.object({
  automountServiceAccountToken: z.literal(false),
  terminationGracePeriodSeconds: z.number(),
  securityContext: z.object({ runAsNonRoot: z.literal(true), runAsUser: z.number() }),
  containers: z.tuple([
    z.object({
      args: z.array(text),
      ports: z.array(port),
      readinessProbe: probe,
      livenessProbe: probe,
      securityContext: z.object({ readOnlyRootFilesystem: z.literal(true) }),
      volumeMounts: z.array(z.object({ name: text, mountPath: text })),
    }),
  ]),
  volumes: z.array(z.object({ name: text })),
});
const manifest = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ConfigMap'), data: z.object({ 'fingerpost.yaml': text }) }),
  z.object({
    kind: z.literal('Deployment'),
    spec: z.object({
      replicas: z.number(),
      selector: z.object({ matchLabels: labels }),
      template: z.object({ metadata: z.object({ labels }), spec: pod }),
    }),
  }),
  z.object({
    kind: z.literal('Service'),
    spec: z.object({
      selector: labels,
      ports: z.array(z.object({ port: z.number(), targetPort: text, protocol: text })),
    }),
  }),
  z.object({
    kind: z.literal('PodDisruptionBudget'),
    spec: z.object({ maxUnavailable: z.number(), selector: z.object({ matchLabels: labels }) }),
  }),
]);

describe('the Kubernetes manifests', () => {
  const documents = parseAllDocuments(read('kubernetes/fingerpost.yaml'));
  const manifests = documents.map((one) => manifest.parse(one.toJS()));
  const of = <K extends z.infer<typeof manifest>['kind']>(kind: K) =>
    manifests.find((one): one is Extract<z.infer<typeof manifest>, { kind: K }> => one.kind === kind)!;
  const { template, selector, replicas } = of('Deployment').spec;
  const [container] = template.spec.containers;

  it('are YAML without a mistake, and ask for no rights', () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    expect(manifests.map(({ kind }) => kind)).toEqual([
      'ConfigMap',
      'Deployment',
      'Service',
      'PodDisruptionBudget',
    ]);
  });

  it('hold options that the program takes, and the ports that those name', async () => {
    const file = join(await scene.folder(), 'fingerpost.yaml');
    await writeFile(file, of('ConfigMap').data['fingerpost.yaml']);
    const given = loadOptions({ config: file }, environment);
    const ports = Object.fromEntries(container.ports.map(({ name, containerPort }) => [name, containerPort]));
    expect(given.listen).toEqual([{ host: '0.0.0.0', port: ports.dns }]);
    expect(ports['dns-tcp']).toBe(ports.dns);
    expect(given.http).toEqual({ host: '0.0.0.0', port: ports.http });
    expect(given.lameduck).toBeLessThan(template.spec.terminationGracePeriodSeconds);
    const [command, flag, path = ''] = container.args;
    expect([command, flag]).toEqual(['serve', '--config']);
    const mounts = container.volumeMounts.map(({ mountPath }) => mountPath);
    expect(mounts).toEqual([path.replace(/\/[^/]*$/, ''), given.stateDir]);
    expect(container.volumeMounts.map(({ name }) => name)).toEqual(
      template.spec.volumes.map(({ name }) => name),
    );
  });

  it('ask paths that are served, and let the user of the image run', async () => {
    const server = await scene.server();
    for (const { httpGet } of [container.readinessProbe, container.livenessProbe]) {
      expect(httpGet.port).toBe('http');
      const { status } = await fetch(`http://127.0.0.1:${server.http.port}${httpGet.path}`);
      expect(status).toBe(200);
    }
    expect(template.spec.securityContext.runAsUser).toBe(65532);
  });

  it('belong together: selectors, ports, and a budget that leaves somebody', () => {
    const meant = template.metadata.labels;
    expect([
      selector.matchLabels,
      of('Service').spec.selector,
      of('PodDisruptionBudget').spec.selector.matchLabels,
    ]).toEqual([meant, meant, meant]);
    const named = container.ports.map(({ name, protocol }) => `${name} ${protocol}`);
    expect(
      of('Service').spec.ports.map(({ port, targetPort, protocol }) => [port, `${targetPort} ${protocol}`]),
    ).toEqual([
      [53, named[0]],
      [53, named[1]],
    ]);
    expect(of('PodDisruptionBudget').spec.maxUnavailable).toBeLessThan(replicas);
  });
});
