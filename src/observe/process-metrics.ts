// Metrics of the process and of Node, which prom-client has ready. One server a process should show them.
import { collectDefaultMetrics, Registry } from 'prom-client';

/** Gauges whose names promise counters (`promtool check metrics`); what they tell is in those beside them. */
const MISNAMED = [
  'nodejs_active_resources_total',
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
];

/** Their text, each time it is asked for. */
export function processMetrics(): () => Promise<string> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  return () => registry.metrics();
}
