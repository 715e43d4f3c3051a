// How the server stands to its registry, and what it is, as metrics.
import { type Family, line, single } from './family.ts';

export interface RegistryState {
  /** Whether /readyz says so. */
  readonly ready: () => boolean;
  /** Seconds since the last word from the registry; undefined before the first. */
  readonly lag: () => number | undefined;
}

export function registryFamilies(state: () => RegistryState | undefined): Family[] {
  const lag = 'fingerpost_registry_lag_seconds';
  return [
    single(
      'gauge',
      'fingerpost_ready',
      '1 while questions can be answered as they should be, as /readyz says.',
      () => (state()?.ready() === true ? 1 : 0),
    ),
    {
      name: lag,
      help: 'Time since the last word from the registry, which is asked every second where it is silent.',
      kind: 'gauge',
      lines() {
        const seconds = state()?.lag();
        return seconds === undefined ? [] : [line(lag, [], seconds)];
      },
    },
  ];
}

/** What runs here. */
export function buildFamily(version: string): Family {
  const name = 'fingerpost_build_info';
  const labels = [
    ['version', version],
    ['node', process.version],
  ] as const;
  return {
    name,
    help: 'Always 1: the versions are in the labels.',
    kind: 'gauge',
    lines: () => [line(name, labels, 1)],
  };
}
