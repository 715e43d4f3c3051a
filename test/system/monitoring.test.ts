// deploy/monitoring/: promtool's word on metrics and rules, the dashboard against what is really served, and a Prometheus
// that scrapes a server whose registry comes, goes and comes back.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { dig } from '../support/dig.ts';
import type { TestEtcd } from '../support/etcd.ts';
import { freePort } from '../support/ports.ts';
import { ROOT } from '../support/program.ts';
import { Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';

const MONITORING = join(ROOT, 'deploy/monitoring');
const read = (name: string) => readFileSync(join(MONITORING, name), 'utf8');
const soon = { timeout: 60_000, interval: 200 };

const scene = new Scene();
let folder: string;
let etcd: TestEtcd;
let server: TestServer;
let prometheus: string;

const answer = z.object({
  data: z.object({
    result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })),
  }),
});
const alerts = z.object({
  data: z.object({
    alerts: z.array(z.object({ state: z.string(), labels: z.object({ alertname: z.string() }) })),
  }),
});

async function told(path: string): Promise<unknown> {
  const response = await fetch(`${prometheus}/api/v1/${path}`).catch(() => undefined);
  return response?.ok === true ? response.json() : undefined;
}

/** The one value of an expression; undefined where it has none. */
async function value(expression: string): Promise<number | undefined> {
  const { data } = answer.safeParse(await told(`query?query=${encodeURIComponent(expression)}`));
  const result = data?.data.result ?? [];
  return result.length === 1 ? Number(result[0]?.value[1]) : undefined;
}

/** Names of the alerts that fire. */
async function firing(): Promise<string[]> {
  const { data } = alerts.safeParse(await told('alerts'));
  const all = data?.data.alerts ?? [];
  return all.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname);
}

function metricsText(): Promise<string> {
  return fetch(`http://127.0.0.1:${server.http.port}/metrics`).then((response) => response.text());
}

/** Runs promtool where the files are. */
async function promtool(...args: readonly string[]): Promise<string> {
  const program = scene.run('/usr/bin/promtool', args, { cwd: MONITORING });
  const { code, stdout, stderr } = await program.end();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

/** Names of metrics in an expression, histograms by their family's name. */
function metricsIn(text: string): string[] {
  const names = text.match(/\b(?:fingerpost|process|nodejs)_\w+/g) ?? [];
  return names.map((name) =>
    /_(?:seconds|bytes)_(?:bucket|sum|count)$/.test(name) ? name.replace(/_[a-z]+$/, '') : name,
  );
}

beforeAll(async () => {
  folder = await scene.folder();
  etcd = await scene.etcd();
  await etcd.ctl('put', '/skydns/local/skydns/web/1', JSON.stringify({ host: '10.0.0.1', port: 80 }));
  await etcd.stop();
  const flags = ['--workers', '1', '--zone', 'skydns.local', '--zone', 'east.skydns.local'];
  server = await scene.starting(['--registry', `etcd://${etcd.endpoint}/skydns`, ...flags]);
  const port = await freePort();
  prometheus = `http://127.0.0.1:${port}`;
  // The files as they are, but that nobody waits as long here as in production.
  const config = read('prometheus.yml')
    .replaceAll(/_interval: \d+s/g, '_interval: 1s')
    .replace('127.0.0.1:5380', `127.0.0.1:${server.http.port}`);
  await writeFile(join(folder, 'prometheus.yml'), config);
  await writeFile(join(folder, 'alerts.yaml'), read('alerts.yaml').replaceAll(/for: \d+m/g, 'for: 1s'));
  const args = ['--config.file=prometheus.yml', '--storage.tsdb.path=data'];
  scene.run('/usr/bin/prometheus', [...args, `--web.listen-address=127.0.0.1:${port}`], { cwd: folder });
});

describe('a Prometheus', () => {
  it('scrapes a server that starts, and says that it is not ready', async () => {
    await expect.poll(() => value('up{job="fingerpost"}'), soon).toBe(1);
    await expect.poll(() => value('fingerpost_ready'), soon).toBe(0);
    await expect.poll(() => value('fingerpost_registry_state{state="starting"}'), soon).toBe(1);
    await expect.poll(firing, soon).toEqual(['FingerpostNotReady']);
  });

  it('sees it ready when its registry has come', async () => {
    await etcd.start();
    await server.ready();
    await expect.poll(() => value('fingerpost_ready'), soon).toBe(1);
    await expect.poll(() => value('fingerpost_registry_lag_seconds < 20'), soon).toBeDefined();
    await expect.poll(firing, soon).toEqual([]);
  });

  it('counts each question once, whoever answers it', async () => {
    // Over UDP computed, then from the table; NXDOMAIN by the worker; over TCP; outside all zones; in the inner zone.
    const ask = (...words: readonly string[]) => dig(server.address, '+tries=1', '+time=60', ...words);
    for (const _ of [1, 2, 3]) expect(await ask('web.skydns.local', 'A')).toContain('10.0.0.1');
    await ask('no.skydns.local', 'A');
    await ask('+tcp', 'web.skydns.local', 'A');
    await ask('www.example.com', 'AAAA');
    await ask('x.east.skydns.local', 'SRV');
    const address = `server="dns://127.0.0.1:${server.port}"`;
    const zone = `{${address},zone="skydns.local."}`;
    const timed = `fingerpost_dns_request_duration_seconds_count${zone} 5`;
    // A reply is timed when it has left.
    await expect.poll(metricsText, soon).toContain(timed);
    const lines = (await metricsText()).split('\n');
    expect(lines.filter((line) => line.startsWith('fingerpost_dns_requests_total{')).sort()).toEqual(
      [
        `{${address},zone=".",proto="udp",family="1",type="AAAA"} 1`,
        `{${address},zone="east.skydns.local.",proto="udp",family="1",type="SRV"} 1`,
        `{${address},zone="skydns.local.",proto="tcp",family="1",type="A"} 1`,
        `{${address},zone="skydns.local.",proto="udp",family="1",type="A"} 4`,
      ].map((line) => `fingerpost_dns_requests_total${line}`),
    );
    expect(lines.filter((line) => line.startsWith('fingerpost_dns_responses_total{')).sort()).toEqual(
      [
        `{${address},zone=".",rcode="REFUSED"} 1`,
        `{${address},zone="east.skydns.local.",rcode="NXDOMAIN"} 1`,
        `{${address},zone="skydns.local.",rcode="NOERROR"} 4`,
        `{${address},zone="skydns.local.",rcode="NXDOMAIN"} 1`,
      ].map((line) => `fingerpost_dns_responses_total${line}`),
    );
    await expect.poll(() => value('sum(fingerpost_dns_responses_total)'), soon).toBe(7);
  });

  it('has an alert when etcd stops, and none when it is back', async () => {
    await etcd.stop();
    await expect.poll(firing, soon).toEqual(['FingerpostStale']);
    await expect.poll(() => value('fingerpost_ready'), soon).toBe(1);
    await etcd.start();
    await expect.poll(firing, soon).toEqual([]);
  });
});

describe('promtool', () => {
  it('finds nothing to say of the metrics', async () => {
    await writeFile(join(folder, 'metrics'), await metricsText());
    await promtool('check', 'config', '--syntax-only', 'prometheus.yml');
    const check = scene.run('/bin/sh', ['-c', 'promtool check metrics <metrics'], { cwd: folder });
    expect(await check.end()).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('accepts the rules, which fire when they should', async () => {
    expect(await promtool('check', 'rules', 'alerts.yaml')).toContain('SUCCESS');
    expect(await promtool('test', 'rules', 'alerts.test.yaml')).toContain('SUCCESS');
  });
});

describe('rules and dashboard', () => {
  it('name only metrics that there are', async () => {
    const text = await metricsText();
    const known = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name));
    const dashboard = z
      .object({
        panels: z.array(
          z.object({ type: z.string(), targets: z.array(z.object({ expr: z.string() })).default([]) }),
        ),
        templating: z.object({ list: z.array(z.object({ definition: z.string().default('') })) }),
      })
      .parse(JSON.parse(read('dashboard.json')));
    const shown = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    expect(dashboard.panels.filter(({ type, targets }) => type !== 'row' && targets.length === 0)).toEqual(
      [],
    );
    const asked = dashboard.templating.list.map(({ definition }) => definition);
    for (const expressions of [shown, asked, [read('alerts.yaml')], [read('alerts.test.yaml')]]) {
      const named = expressions.flatMap(metricsIn);
      expect(named.length).toBeGreaterThan(0);
      expect(named.filter((name) => !known.has(name))).toEqual([]);
    }
  });

  it('are understood by Prometheus', async () => {
    const { panels } = JSON.parse(read('dashboard.json')) as { panels: { targets?: { expr: string }[] }[] };
    for (const { targets = [] } of panels) {
      for (const { expr } of targets) {
        const asked = expr
          .replaceAll('$__rate_interval', '1m')
          .replaceAll('$job', 'fingerpost')
          .replaceAll('$instance', '.*');
        expect(await told(`query?query=${encodeURIComponent(asked)}`)).toMatchObject({ status: 'success' });
      }
    }
  });
});
