// A real etcd cluster for tests: three members on free ports of the loopback, each stopped by its process id.
import { setTimeout as delay } from 'node:timers/promises';
import { type EtcdPlace, startEtcd, type TestEtcd } from './etcd.ts';
import { freePorts } from './ports.ts';

export interface ClusterPlace extends Pick<EtcdPlace, 'tls' | 'flags'> {
  /** Members; 3 unless given. */
  readonly size?: number;
}

const LEADER_MS = 60_000;
/** Slow enough that a busy machine does not make members doubt their leader. */
const CALM = ['--heartbeat-interval', '200', '--election-timeout', '2000'];

/** Starts a cluster and waits until all its members serve. */
export async function startCluster({ size = 3, tls, flags = [] }: ClusterPlace = {}): Promise<TestCluster> {
  const ports = await freePorts(2 * size);
  const names = Array.from({ length: size }, (_, i) => `m${i}`);
  const cluster = names.map((name, i) => `${name}=http://127.0.0.1:${ports[i]}`).join(',');
  const members = await Promise.all(
    names.map((name, i) =>
      startEtcd({
        port: ports[size + i]!,
        member: { name, peerPort: ports[i]!, cluster },
        flags: [...CALM, ...flags],
        ...(tls && { tls }),
      }),
    ),
  );
  return new TestCluster(members);
}

export class TestCluster {
  readonly members: readonly TestEtcd[];

  constructor(members: readonly TestEtcd[]) {
    this.members = members;
  }

  /** `host:port` of every member, as registry URLs have them. */
  get endpoints(): string[] {
    return this.members.map((member) => member.endpoint);
  }

  /** The member that leads now; those in `except` are not asked: frozen ones do not answer. */
  async leader(...except: TestEtcd[]): Promise<TestEtcd> {
    const asked = this.members.filter((member) => !except.includes(member));
    for (const end = Date.now() + LEADER_MS; Date.now() < end; await delay(100)) {
      for (const member of asked) if (await member.leads().catch(() => false)) return member;
    }
    throw new Error('no member leads');
  }

  /** A member that does not lead. */
  async follower(): Promise<TestEtcd> {
    const leader = await this.leader();
    return this.members.find((member) => member !== leader)!;
  }

  /** Ends all members and removes their data. */
  async remove(): Promise<void> {
    await Promise.all(this.members.map((member) => member.remove()));
  }
}
