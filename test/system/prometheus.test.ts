// Prometheus with deploy/examples/prometheus.yml: it finds and drops targets by SRV, through the resolv.conf of its host.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cable, type Host, SERVER_V4 } from '../support/namespaces.ts';
import { MAIN, ROOT } from '../support/program.ts';
import { Scene } from '../support/scene.ts';

const SERVICE = join(ROOT, 'test/system/processes/http-service.ts');
const scene = new Scene();
let folder: string;
let client: Host;

const targets = z.object({
  data: z.object({
    activeTargets: z.array(
      z.object({
        labels: z.object({ job: z.string(), instance: z.string() }),
        health: z.string(),
      }),
    ),
  }),
});
const series = z.object({
  data: z.object({ result: z.array(z.object({ metric: z.object({ name: z.string() }) })) }),
});
const soon = { timeout: 30_000, interval: 200 };

const change = async (...args: readonly string[]): Promise<void> => {
  expect(await scene.call(args, { cwd: folder })).toMatchObject({ code: 0, stderr: '' });
};
const put = (label: string, port: number) =>
  change('put', `${label}._http._tcp.web.skydns.local`, JSON.stringify({ host: SERVER_V4, port }));

/** What Prometheus says at a path of its API. */
async function told(path: string): Promise<unknown> {
  const { code, stdout } = await client.run('curl', ['-gsf', `http://127.0.0.1:9090/api/v1/${path}`], {
    cwd: folder,
  });
  return code === 0 ? JSON.parse(stdout) : undefined;
}

/** The targets of the job, with their health; nothing while Prometheus starts. */
async function found(): Promise<string[]> {
  const all = targets.safeParse(await told('targets?state=active')).data?.data.activeTargets ?? [];
  return all
    .filter(({ labels }) => labels.job === 'web')
    .map(({ labels, health }) => `${labels.instance} ${health}`)
    .sort();
}

/** The services whose metric it has. */
async function scraped(): Promise<string[]> {
  const { data } = series.parse(await told('query?query=service_up'));
  return data.result.map(({ metric }) => metric.name).sort();
}

beforeAll(async () => {
  folder = await scene.folder();
  await put('a', 8001);
  await put('b', 8002);
  const hosts = cable(scene);
  client = hosts.client;
  client.resolvConf(`nameserver ${SERVER_V4}\n`);
  for (const [name, port] of [
    ['a', 8001],
    ['b', 8002],
    ['c', 8003],
  ] as const) {
    const service = hosts.server.start(process.execPath, [SERVICE, SERVER_V4, `${port}`, name], {
      cwd: folder,
    });
    await service.line(/listening/);
  }
  const serve = ['serve', '--listen', `${SERVER_V4}:53`, '--http', 'off'];
  const server = hosts.server.start(process.execPath, [MAIN, ...serve], { cwd: folder });
  await server.line(/^fingerpost ready/);
  // The example, but that nobody waits as long here as in production.
  const example = readFileSync(join(ROOT, 'deploy/examples/prometheus.yml'), 'utf8');
  const hurried = example
    .replace('refresh_interval: 5s', 'refresh_interval: 1s')
    .replace('scrape_interval: 15s', 'scrape_interval: 1s');
  writeFileSync(join(folder, 'prometheus.yml'), hurried);
  const args = [
    '--config.file=prometheus.yml',
    '--storage.tsdb.path=data',
    '--web.listen-address=127.0.0.1:9090',
  ];
  client.start('/usr/bin/prometheus', args, { cwd: folder });
});

describe('Prometheus', () => {
  it('finds targets by SRV, scrapes them, and drops them', async () => {
    const target = (label: string, port: number) => `${label}._http._tcp.web.skydns.local:${port} up`;
    await expect.poll(found, soon).toEqual([target('a', 8001), target('b', 8002)]);
    await put('c', 8003);
    await expect.poll(found, soon).toEqual([target('a', 8001), target('b', 8002), target('c', 8003)]);
    await change('rm', 'a._http._tcp.web.skydns.local');
    await expect.poll(found, soon).toEqual([target('b', 8002), target('c', 8003)]);
    // What it has scraped of the one that is gone ends, too.
    await expect.poll(scraped, soon).toEqual(['b', 'c']);
  });
});
