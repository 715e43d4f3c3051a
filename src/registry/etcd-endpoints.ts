// The members of an etcd cluster: one client each, the one in use, and failing over to the next.
import { setTimeout as delay } from 'node:timers/promises';
import { rootCertificates } from 'node:tls';
import { type CallOptions, InterceptingCall, type Interceptor } from '@grpc/grpc-js';
import { Etcd3, type IOptions } from 'etcd3';
import { isOldLogin, isUnreachable, neverSent, refused, unavailable } from './etcd-errors.ts';

/** PEM files; what is absent is left to the defaults of TLS. */
export interface EtcdTls {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

export interface EtcdOptions {
  /** `host:port`, IPv6 addresses in brackets. */
  readonly hosts: readonly string[];
  readonly tls?: EtcdTls;
  readonly user?: string;
  readonly password?: string;
}

export interface CallLimits {
  /** Milliseconds for all attempts together. */
  readonly within?: number;
  /** Whether the call may be made again when it is not known if etcd has done it. */
  readonly repeatable?: boolean;
}

type Policy = NonNullable<NonNullable<IOptions['faultHandling']>['global']>;

const UNARY_MS = 5_000;
const BETWEEN_ROUNDS_MS = 200;

// etcd refuses clients that ping more often than every 5 s, so the longest silence that goes unnoticed is 6 + 3 s.
const CHANNEL = {
  'grpc.keepalive_time_ms': 6_000,
  'grpc.keepalive_timeout_ms': 3_000,
  // Waiting between attempts is ours to do: grpc's own goes up to two minutes.
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 500,
  // A page, or one huge transaction, may exceed the 4 MiB that grpc allows by default.
  'grpc.max_receive_message_length': -1,
  'grpc-node.flow_control_window': 4 * 1024 * 1024,
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_http_proxy': 0,
};

/** A member that has lost its leader answers with an error, instead of with silence (etcd's WithRequireLeader). */
const requireLeader: Interceptor = (options, nextCall) =>
  new InterceptingCall(nextCall(options), {
    start(metadata, listener, next) {
      const own = metadata.clone();
      own.set('hasleader', 'true');
      next(own, listener);
    },
  });

const listenToNothing = () => ({ dispose: () => {} });
const signal = new AbortController().signal;

/** In place of etcd3's retries and circuit breakers, which would hide failures from us and delay recovery. */
const straight: Policy = {
  _altReturn: undefined as never,
  onSuccess: listenToNothing,
  onFailure: listenToNothing,
  execute: async (work) => work({ signal }),
};

export class EtcdEndpoints {
  /** The hosts, for messages. */
  readonly names: string;
  readonly #options: EtcdOptions;
  readonly #clients: (Etcd3 | undefined)[];
  #at: number;
  #closed = false;

  constructor(options: EtcdOptions, random: () => number = Math.random) {
    this.#options = options;
    this.names = options.hosts.join(', ');
    this.#clients = options.hosts.map(() => undefined);
    this.#at = Math.floor(random() * options.hosts.length);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The client in use. */
  get current(): Etcd3 {
    if (this.#closed) throw refused(new Error('the registry was closed'));
    const known = this.#clients[this.#at];
    if (known !== undefined) return known;
    const made = connect(this.#options, this.#options.hosts[this.#at] ?? '');
    this.#clients[this.#at] = made;
    return made;
  }

  /** `client` failed: it is dropped, and if it was in use the next host takes over. */
  fail(client: Etcd3): void {
    const place = this.#clients.indexOf(client);
    if (place < 0) return;
    this.#clients[place] = undefined;
    client.close();
    if (place === this.#at) this.#at = (place + 1) % this.#clients.length;
  }

  /**
   * Makes one call, going from host to host (twice round) while nobody answers.
   * Throws a FingerpostError: `unavailable` when no host could be reached in time, `registry` when etcd refused.
   */
  async call<T>(
    work: (client: Etcd3, options: CallOptions) => Promise<T>,
    limits: CallLimits = {},
  ): Promise<T> {
    const end = Date.now() + (limits.within ?? UNARY_MS);
    for (let tries = 2 * this.#clients.length; ; tries -= 1) {
      const client = this.current;
      try {
        return await work(client, { deadline: Date.now() + (end - Date.now()) / tries });
      } catch (thrown) {
        const notDone = neverSent(thrown) || isOldLogin(thrown);
        if (!isUnreachable(thrown) && !isOldLogin(thrown)) throw refused(thrown);
        this.fail(client);
        const doubt = limits.repeatable === false && !notDone;
        if (this.#closed || doubt || tries === 1) throw unavailable(this.names, thrown, doubt);
      }
      if (tries - 1 === this.#clients.length) await delay(BETWEEN_ROUNDS_MS);
    }
  }

  close(): void {
    this.#closed = true;
    for (const client of this.#clients) client?.close();
    this.#clients.fill(undefined);
  }
}

function connect({ tls, user, password }: EtcdOptions, host: string): Etcd3 {
  const credentials = tls && {
    rootCertificate: tls.ca ?? Buffer.from(rootCertificates.join('\n')),
    ...(tls.key && { privateKey: tls.key }),
    ...(tls.cert && { certChain: tls.cert }),
  };
  return new Etcd3({
    hosts: host,
    ...(credentials && { credentials }),
    ...(user !== undefined && { auth: { username: user, password: password ?? '' } }),
    grpcOptions: CHANNEL,
    faultHandling: { global: straight, host: () => straight },
    defaultCallOptions: ({ isStream }) => ({
      interceptors: [requireLeader],
      ...(isStream ? {} : { deadline: Date.now() + UNARY_MS }),
    }),
  });
}
