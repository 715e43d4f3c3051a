// The Debian packages that tests and bench need: installed where we may, named where we may not.
// `node test/support/debian.ts [test|bench]`; exits 1 when something is missing in the end.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, rmSync, writeFileSync } from 'node:fs';

interface Needed {
  /** What the package brings; `*` stands for the machine's architecture. */
  readonly file: string;
  readonly package: string;
}

const TEST: readonly Needed[] = [
  { file: '/usr/bin/etcd', package: 'etcd-server' },
  { file: '/usr/bin/etcdctl', package: 'etcd-client' },
  { file: '/usr/bin/openssl', package: 'openssl' },
  { file: '/usr/bin/dig', package: 'bind9-dnsutils' },
  { file: '/usr/bin/kdig', package: 'knot-dnsutils' },
  { file: '/usr/sbin/knotd', package: 'knot' },
  { file: '/usr/sbin/unbound', package: 'unbound' },
  { file: '/usr/sbin/dnsmasq', package: 'dnsmasq-base' },
  // Clients, and hosts of their own for them.
  { file: '/usr/sbin/ip', package: 'iproute2' },
  { file: '/usr/bin/curl', package: 'curl' },
  { file: '/usr/bin/ping', package: 'iputils-ping' },
  { file: '/usr/bin/busybox', package: 'busybox' },
  { file: '/usr/bin/musl-gcc', package: 'musl-tools' },
  { file: '/usr/bin/gcc', package: 'gcc' },
  { file: '/usr/include/resolv.h', package: 'libc6-dev' },
  { file: '/usr/lib/go/bin/go', package: 'golang-go' },
  { file: '/usr/bin/java', package: 'default-jre-headless' },
  { file: '/usr/bin/ecj', package: 'ecj' },
  { file: '/usr/bin/python3', package: 'python3' },
  { file: '/usr/bin/systemd-socket-activate', package: 'systemd' },
  // The page.
  { file: '/usr/bin/chromium', package: 'chromium' },
  // Those that follow the zones.
  { file: '/usr/sbin/haproxy', package: 'haproxy' },
  { file: '/usr/sbin/nginx', package: 'nginx-light' },
  { file: '/usr/bin/prometheus', package: 'prometheus' },
  // Readers of dnstap.
  { file: '/usr/bin/fstrm_capture', package: 'fstrm-bin' },
  { file: '/usr/bin/dnstap-ldns', package: 'dnstap-ldns' },
  // Wall clocks that jump.
  { file: '/usr/lib/*/faketime/libfaketime.so.1', package: 'libfaketime' },
];

const BENCH: readonly Needed[] = [...TEST, { file: '/usr/bin/dnsperf', package: 'dnsperf' }];

/** The name servers that ours is measured beside: those that are missing are left out. */
const OTHERS: readonly Needed[] = [
  { file: '/usr/sbin/knotd', package: 'knot' },
  { file: '/usr/sbin/named', package: 'bind9' },
  { file: '/usr/sbin/pdns_server', package: 'pdns-server' },
  { file: '/usr/lib/*/pdns/libbindbackend.so', package: 'pdns-backend-bind' },
  { file: '/usr/sbin/dnsmasq', package: 'dnsmasq-base' },
  { file: '/usr/sbin/unbound', package: 'unbound' },
];

/** Asked by Debian's packages before they start a service; 101 forbids it. */
const POLICY = '/usr/sbin/policy-rc.d';

function aptGet(...args: readonly string[]): boolean {
  const { status } = spawnSync('apt-get', ['-qq', ...args], {
    // What it prints is of interest only when it fails, and then it goes to standard error.
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return status === 0;
}

/** Runs `work` while no package may start a service: tests start their own, on ports of their own. */
function withoutServices<T>(work: () => T): T {
  if (existsSync(POLICY)) return work();
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return work();
  } finally {
    rmSync(POLICY, { force: true });
  }
}

function install(packages: readonly string[]): boolean {
  const args = ['install', '--yes', '--no-install-recommends', ...packages];
  return withoutServices(() => {
    const known = spawnSync('apt-cache', ['show', '--no-all-versions', ...packages], { stdio: 'ignore' });
    if (known.status === 0 && aptGet(...args)) return true;
    return aptGet('update') && aptGet(...args);
  });
}

function missingOf(needed: readonly Needed[]): Needed[] {
  return needed.filter(({ file }) => globSync(file).length === 0);
}

/** Installs what is missing, where we may, and names what is missing still. */
function provide(needed: readonly Needed[]): boolean {
  const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  const packages = missingOf(needed).map((one) => one.package);
  if (packages.length > 0 && mayInstall) {
    console.error(`fingerpost: installing Debian packages: ${packages.join(' ')}`);
    install(packages);
  }
  const missing = missingOf(needed);
  for (const { file, package: from } of missing)
    console.error(`fingerpost: ${file} is missing; it is in Debian's package ${from}`);
  if (missing.length > 0)
    console.error(`fingerpost: as root: apt-get install ${missing.map((one) => one.package).join(' ')}`);
  return missing.length === 0;
}

function main(what: string): number {
  const isReady = provide(what === 'bench' ? BENCH : TEST);
  if (what === 'bench' && isReady) provide(OTHERS);
  return isReady ? 0 : 1;
}

process.exitCode = main(process.argv[2] ?? 'test');
