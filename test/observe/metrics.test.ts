// The metrics that Prometheus reads.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { noCounters } from '../../src/base/counters.ts';
import { metricRows } from '../../src/observe/metric-rows.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { Query } from '../../src/wire/query.ts';

const { families } = createMetrics({ process: false });

describe('the families', () => {
  it('are the counters, no more and no less, and what other parts count', () => {
    expect(Object.keys(metricRows).sort()).toEqual(Object.keys(noCounters).sort());
    const names = families.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name } of Object.values(metricRows)) expect(names).toContain(name);
  });

  it.each(families)('$name is named as Prometheus asks', ({ kind, name, help }) => {
    expect(name).toMatch(/^fingerpost_[a-z]+(_[a-z]+)*$/);
    expect(name.endsWith('_total')).toBe(kind === 'counter');
    expect(help).toMatch(/^[A-Z0-9].*\.$/);
  });
});

/** An A question of 40 bytes in the zone with this number and one, and its reply, counted. */
function count(metrics: ReturnType<typeof createMetrics>, zone: number, rcode = 0): void {
  const query = new Query();
  query.type = 1;
  query.questionEnd = 30;
  query.zone = zone;
  const tally = metrics.tallies.all[0]?.tally ?? metrics.tallies.open({ host: '127.0.0.1', port: 53 }, 'udp');
  tally.answered(query, 40, true, Uint8Array.of(0, 0, 0, rcode), 0, 150);
  tally.tookOne(zone, 300);
}

describe('the text', () => {
  it('shows every metric from the start', async () => {
    const text = await createMetrics({ process: false }).text();
    for (const { name } of families) expect(text).toContain(`# HELP ${name} `);
  });

  it('shows sums and readings, every time it is asked', async () => {
    const { counters, text } = createMetrics({ process: false });
    counters.queriesUdp.inc();
    counters.queriesUdp.inc(2);
    counters.queriesTcp.inc();
    counters.services.set(7);
    counters.services.set(5);
    for (const _ of [1, 2]) {
      const shown = await text();
      expect(shown).toContain('fingerpost_received_total{proto="udp"} 3\n');
      expect(shown).toContain('fingerpost_received_total{proto="tcp"} 1\n');
      expect(shown).toContain('fingerpost_services 5\n');
    }
  });

  it('shows questions and replies by address and zone, under the names that CoreDNS has', async () => {
    const metrics = createMetrics({ process: false, zones: ['skydns.local.', 'odd\\"zone.'] });
    count(metrics, 1);
    count(metrics, 1, 3);
    count(metrics, 0, 5);
    count(metrics, 2);
    const text = await metrics.text();
    const labels = 'server="dns://127.0.0.1:53",zone="skydns.local."';
    for (const line of [
      `fingerpost_dns_requests_total{${labels},proto="udp",family="1",type="A"} 2`,
      `fingerpost_dns_responses_total{${labels},rcode="NOERROR"} 1`,
      `fingerpost_dns_responses_total{${labels},rcode="NXDOMAIN"} 1`,
      'fingerpost_dns_responses_total{server="dns://127.0.0.1:53",zone=".",rcode="REFUSED"} 1',
      String.raw`fingerpost_dns_responses_total{server="dns://127.0.0.1:53",zone="odd\\\"zone.",rcode="NOERROR"} 1`,
      `fingerpost_dns_request_duration_seconds_bucket{${labels},le="0.00025"} 0`,
      `fingerpost_dns_request_duration_seconds_bucket{${labels},le="0.0005"} 2`,
      `fingerpost_dns_request_duration_seconds_bucket{${labels},le="+Inf"} 2`,
      `fingerpost_dns_request_duration_seconds_sum{${labels}} 0.0006`,
      `fingerpost_dns_request_duration_seconds_count{${labels}} 2`,
      `fingerpost_dns_request_size_bytes_bucket{${labels},proto="udp",le="100"} 2`,
      `fingerpost_dns_response_size_bytes_sum{${labels},proto="udp"} 300`,
    ])
      expect(text).toContain(`${line}\n`);
  });

  it('of hundreds of zones comes in pieces, between which others have their turns', async () => {
    const zones = Array.from({ length: 300 }, (_, i) => `z${i}.`);
    const metrics = createMetrics({ process: false, zones });
    for (let zone = 0; zone <= zones.length; zone++) count(metrics, zone);
    let turns = 0;
    const turn = setInterval(() => turns++, 0);
    const pieces: string[] = [];
    for await (const piece of metrics.chunks()) pieces.push(piece);
    clearInterval(turn);
    expect(pieces.length).toBeGreaterThan(10);
    expect(turns).toBeGreaterThan(0);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(64 * 1024);
    const lines = pieces.join('').split('\n');
    expect(lines.filter((line) => line.startsWith('fingerpost_dns_requests_total{'))).toHaveLength(301);
  });

  it('has no more lines of a zone and an address than README says, whatever clients ask', async () => {
    const metrics = createMetrics({ process: false });
    const query = new Query();
    query.questionEnd = 30;
    for (const proto of ['udp', 'tcp'] as const) {
      const tally = metrics.tallies.open({ host: '::', port: 53 }, proto);
      for (query.type = 0; query.type < 70_000; query.type += 1) {
        const isIpv4 = query.type % 2 === 0;
        const size = (query.type * 11) % 65_536;
        // The rcode's upper bits stand in the OPT record.
        query.optAt = 20;
        const reply = new Uint8Array(26).fill(query.type >> 4, 25).fill(query.type, 3, 4);
        tally.answered(query, size, isIpv4, reply, 0, size);
        tally.answered(query, size, !isIpv4, reply, 0, size);
        tally.tookOne(0, query.type * 1000);
      }
    }
    const text = await metrics.text();
    const lines = text.match(/^fingerpost_dns_\w+\{.*$/gm) ?? [];
    const readme = await readFile(`${import.meta.dirname}/../../README.md`, 'utf8');
    expect(readme).toContain(`at most ${lines.length} lines for each zone`);
  });

  it('is one server only', async () => {
    const [one, other] = [createMetrics({ process: false }), createMetrics({ process: false })];
    one.counters.changes.inc();
    expect(await other.text()).toContain('fingerpost_registry_changes_total 0\n');
  });

  it('tells of the process unless told not to', async () => {
    expect(await createMetrics().text()).toContain('process_resident_memory_bytes');
    expect(await createMetrics({ process: false }).text()).not.toContain('process_');
  });
});

it('the registry shows as ready or not, with the time since its last word where there was one', async () => {
  const metrics = createMetrics({ process: false, version: '1.2.3' });
  expect(await metrics.text()).not.toContain('\nfingerpost_registry_lag_seconds ');
  expect(metrics.snapshot().registry).toEqual({ ready: false, lag: undefined });
  metrics.show({ registry: { ready: () => true, lag: () => 1.5 } });
  const text = await metrics.text();
  for (const line of [
    'fingerpost_ready 1',
    'fingerpost_registry_lag_seconds 1.5',
    `fingerpost_build_info{version="1.2.3",node="${process.version}"} 1`,
  ])
    expect(text).toContain(`${line}\n`);
  expect(metrics.snapshot().registry).toEqual({ ready: true, lag: 1.5 });
});

it('the snapshot has all of it as numbers', () => {
  const metrics = createMetrics({ process: false, zones: ['a.', 'b.'] });
  count(metrics, 1);
  count(metrics, 2, 3);
  metrics.counters.tableMisses.inc();
  metrics.tallies.all[0]?.tally.hits(2);
  metrics.tallies.all[0]?.tally.batch(3);
  const upstream = [
    { name: 'all', servers: [{ address: '192.0.2.1:53', state: 'up', roundTripMs: 2 } as const] },
  ];
  metrics.show({ workers: { alive: 2, replaced: 1, waiting: 4 }, upstream: () => upstream });
  const snapshot = metrics.snapshot();
  expect(snapshot).toMatchObject({
    received: 3,
    answered: 2,
    rcodes: { NOERROR: 1, NXDOMAIN: 1 },
    types: { A: 2 },
    table: { hits: 2, misses: 1 },
    misses: { queued: 0, dropped: 0, waiting: 4 },
    workers: { alive: 2, replaced: 1 },
    upstream,
  });
  expect(snapshot.counts.tableMisses).toBe(1);
  expect(snapshot.durations.counts).toHaveLength(snapshot.durations.bounds.length + 1);
  expect(snapshot.durations.counts[snapshot.durations.bounds.indexOf(0.0005)]).toBe(2);
  expect(snapshot.durations.sum).toBeCloseTo(0.0006);
});
