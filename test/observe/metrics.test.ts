// The metrics that Prometheus reads.
import { describe, expect, it } from 'vitest';
import { noCounters } from '../../src/base/counters.ts';
import { createMetrics, metricRows } from '../../src/observe/metrics.ts';

const rows = Object.entries(metricRows);

describe('the rows', () => {
  it('are the counters, no more and no less', () => {
    expect(Object.keys(metricRows).sort()).toEqual(Object.keys(noCounters).sort());
  });

  it.each(rows)('%s is named as Prometheus asks', (_, { kind, name, help }) => {
    expect(name).toMatch(/^fingerpost_[a-z]+(_[a-z]+)*$/);
    expect(name.endsWith('_total')).toBe(kind === 'counter');
    expect(help).toMatch(/^[A-Z0-9].*\.$/);
  });
});

describe('the text', () => {
  it('shows every metric from the start', async () => {
    const text = await createMetrics({ process: false }).text();
    for (const [, { name }] of rows) expect(text).toContain(`# HELP ${name} `);
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
      expect(shown).toContain('fingerpost_queries_total{transport="udp"} 3\n');
      expect(shown).toContain('fingerpost_queries_total{transport="tcp"} 1\n');
      expect(shown).toContain('fingerpost_services 5\n');
    }
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
